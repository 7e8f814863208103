import { ProblemError } from "./problem.ts"

/**
 * What is read of a run at n steps, and the exponent e of the largest harmless batch B* ~ D^e in the samples D that goes with it, for b > a:
 *
 * - `last`: the last iterate.
 * - `uniform`: the average of all iterates since the first step: e = 1 - a / min(b, 2a + 1).
 * - `tail`: the average of the iterates in the last fraction of the samples, (1 - tail) D to D. It forgets the start faster, and e = 1 - a / b.
 * - `decay`: w <- decay w + (1 - decay) iterate after every step, from 0, over 1 - decay^n; a tail of 1 / (1 - decay) steps.
 *
 * The first is the theory's (Zhang et al. 2024, arXiv 2410.21676, section on theory, whose min(b, 2a + 1) is that of averaging from the first step).
 */
export type Average = "last" | "uniform" | { readonly tail: number } | { readonly decay: number }

/** @throws {ProblemError} where the fraction of a tail or the decay is out of range */
export const validateAverage = (average: Average): void => {
  if (typeof average === "string") {
    if (average !== "last" && average !== "uniform")
      throw new ProblemError("average", average, `"last", "uniform", { tail } or { decay }`)
  } else if ("tail" in average) {
    if (!(average.tail > 0 && average.tail <= 1))
      throw new ProblemError("average.tail", average.tail, "a fraction of the samples, above 0 and at most 1")
  } else if (!(average.decay >= 0 && average.decay < 1))
    throw new ProblemError("average.decay", average.decay, "0 or more, below 1")
}
