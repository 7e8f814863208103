import { gradientFactor } from "./clip.ts"
import { anyShape, define, whole } from "./Definition.ts"

/** AdamW (Loshchilov & Hutter 2019); the caller couples the decay to the learning rate, or does not. */
export const adamw = define({
  kind: "adamw",
  inputs: { gradient: anyShape, norm: whole(1) },
  outputs: { parameter: anyShape, m: anyShape, v: anyShape },
  scalars: [
    "gradScale",
    "clip",
    "eta",
    "etaMultiplier",
    "decay",
    "decayMultiplier",
    "beta1",
    "beta2",
    "eps",
    "correction1",
    "correction2",
  ],
  flops: ({ "*": size }) => 15 * size,
  loop: ({ input: { gradient, norm }, output: { parameter, m, v }, scalar }) => {
    const { eta, etaMultiplier, decay, decayMultiplier, beta1, beta2, eps, correction1, correction2 } = scalar
    const factor = gradientFactor(scalar.gradScale, scalar.clip, norm[0])
    const keep = 1 - decay * decayMultiplier
    const rate = eta * etaMultiplier
    const rootCorrection2 = Math.sqrt(correction2)
    for (let i = 0; i < parameter.length; i++) {
      const g = factor * gradient[i]
      const first = beta1 * m[i] + (1 - beta1) * g
      const second = beta2 * v[i] + (1 - beta2) * g * g
      m[i] = first
      v[i] = second
      parameter[i] = parameter[i] * keep - (rate * (first / correction1)) / (Math.sqrt(second) / rootCorrection2 + eps)
    }
  },
})
