import { gradientFactor } from "./clip.ts"
import { anyShape, define, whole } from "./Definition.ts"

/** Stochastic gradient descent with heavy-ball momentum (PyTorch's form: no dampening). */
export const sgd = define({
  kind: "sgd",
  inputs: { gradient: anyShape, norm: whole(1) },
  outputs: { parameter: anyShape, momentum: anyShape },
  scalars: ["gradScale", "clip", "eta", "etaMultiplier", "decay", "decayMultiplier", "momentum"],
  flops: ({ "*": size }) => 6 * size,
  loop: ({ input: { gradient, norm }, output: { parameter, momentum }, scalar }) => {
    const factor = gradientFactor(scalar.gradScale, scalar.clip, norm[0])
    const keep = 1 - scalar.decay * scalar.decayMultiplier
    const rate = scalar.eta * scalar.etaMultiplier
    for (let i = 0; i < parameter.length; i++) {
      const next = scalar.momentum * momentum[i] + factor * gradient[i]
      momentum[i] = next
      parameter[i] = parameter[i] * keep - rate * next
    }
  },
})
