import { anyShape, define } from "./Definition.ts"

/** A running exponential average of a parameter, from 0; a reader divides by `1 - decay^t`. */
export const average = define({
  kind: "average",
  inputs: { parameter: anyShape },
  outputs: { average: anyShape },
  scalars: ["averageDecay"],
  flops: ({ "*": size }) => 3 * size,
  loop: ({ input: { parameter }, output: { average }, scalar: { averageDecay } }) => {
    for (let i = 0; i < parameter.length; i++) {
      average[i] = averageDecay * average[i] + (1 - averageDecay) * parameter[i]
    }
  },
})
