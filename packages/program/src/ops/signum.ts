import { gradientFactor } from "./clip.ts"
import { anyShape, define, whole } from "./Definition.ts"

/** Signum (Bernstein et al. 2018): the sign of an exponential average of gradients. */
export const signum = define({
  kind: "signum",
  inputs: { gradient: anyShape, norm: whole(1) },
  outputs: { parameter: anyShape, momentum: anyShape },
  scalars: ["gradScale", "clip", "eta", "etaMultiplier", "decay", "decayMultiplier", "momentum"],
  flops: ({ "*": size }) => 8 * size,
  loop: ({ input: { gradient, norm }, output: { parameter, momentum }, scalar }) => {
    const factor = gradientFactor(scalar.gradScale, scalar.clip, norm[0])
    const keep = 1 - scalar.decay * scalar.decayMultiplier
    const rate = scalar.eta * scalar.etaMultiplier
    for (let i = 0; i < parameter.length; i++) {
      const next = scalar.momentum * momentum[i] + (1 - scalar.momentum) * factor * gradient[i]
      momentum[i] = next
      parameter[i] = parameter[i] * keep - rate * Math.sign(next)
    }
  },
})
