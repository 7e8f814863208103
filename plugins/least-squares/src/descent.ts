/** Descent on a problem, by its second moments; averages of its iterates begin where one says. */
import { advance, type Segment, type Sum } from "./moments.ts"
import { type Nodes, nodesOf } from "./nodes.ts"
import { type Problem, ProblemError } from "./problem.ts"

export interface Descent {
  /** Takes the segments' steps. */
  readonly advance: (segments: ReadonlyArray<Segment>) => void
  readonly steps: () => number
  /** Excess risk sum_i lambda_i E (w_i - w*_i)^2 of the last iterate. */
  readonly risk: () => number
  /**
   * Begins an average of the iterates to come: of equal weights, or an exponential one with `decay`, bias-corrected (`w / (1 - decay^steps)`).
   * Gives its excess risk whenever asked; NaN before the first step.
   */
  readonly average: (decay?: number) => () => number
  /** Another that goes on from here; averages begun so far stay behind. */
  readonly copy: () => Descent
}

const from = ({ probability, weight }: Nodes, sigma: number, ee: Float64Array, taken: number): Descent => {
  const sums: Array<Sum> = []
  const risk = (moment: Float64Array): number => {
    let sum = 0
    for (let i = probability.length - 1; i >= 0; i--) sum += weight[i]! * probability[i]! * moment[i]!
    return sum
  }
  return {
    advance: (segments) => {
      const wrong = segments.find(({ steps }) => !Number.isSafeInteger(steps) || steps < 1)
      if (wrong !== undefined) throw new ProblemError("steps", wrong.steps, "a whole number, 1 or more")
      advance(probability, sigma, ee, sums, segments)
      for (const { steps } of segments) taken += steps
    },
    steps: () => taken,
    risk: () => risk(ee),
    average: (decay) => {
      if (decay !== undefined && !(decay >= 0 && decay < 1))
        throw new ProblemError("decay", decay, "0 or more, below 1")
      const [es, ss] = [new Float64Array(ee.length), new Float64Array(ee.length)]
      sums.push({ keep: decay ?? 1, add: decay === undefined ? 1 : 1 - decay, es, ss })
      const since = taken
      return () => {
        const mass = decay === undefined ? taken - since : 1 - decay ** (taken - since)
        return risk(ss) / (mass * mass)
      }
    },
    copy: () => from({ probability, weight, error: ee }, sigma, ee.slice(), taken),
  }
}

/**
 * Descent from w = 0.
 *
 * @throws {ProblemError} naming the field that is out of range
 */
export const descent = (problem: Problem): Descent => descentOn(nodesOf(problem), problem.sigma)

/** The same on modes, or nodes that stand for them, that are there already. */
export const descentOn = (nodes: Nodes, sigma: number): Descent => from(nodes, sigma, nodes.error.slice(), 0)
