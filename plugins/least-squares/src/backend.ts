/**
 * The solvable model as a backend: a "token" is a sample, `eta` the step size, losses are exact unless noise is asked for.
 *
 * Only plain SGD has this closed form; any other optimiser is refused. Model shape, parametrisation, data and seed of a spec
 * play no part (the seed draws the noise): the problem is given when the layer is made, and its hash is part of `numericsId`.
 */
import {
  type Backend,
  canonicalHash,
  closedFormBackend,
  type EvaluationNoise,
  type Lineage,
  type RunSpec,
  type Problem as SpecProblem,
  stepBoundary,
  validateEvaluationNoise,
} from "@ts/backend"
import type { Layer } from "effect"
import { type Average, validateAverage } from "./average.ts"
import { descentOn } from "./descent.ts"
import type { Segment } from "./moments.ts"
import { type Nodes, nodesOf } from "./nodes.ts"
import { type Problem, validateProblem } from "./problem.ts"
import { merged, segmentsOf } from "./segments.ts"

export const defaultProblem: Problem = { a: 1.5, b: 2.5, modes: 20_000, sigma: 1, signal: 1 }

export interface LeastSquaresOptions {
  /** What the reading called `none` is of; the iterate itself unless given. The averages a study asks for are exponential, beside it. */
  readonly average?: Average
  /** Drawn onto every loss; losses are exact unless given. */
  readonly noise?: EvaluationNoise
}

/** Loss (half the expected squared error, label noise included) above which a run counts as diverged, relative to the start. */
const blowUp = 100

/** The steps of a run between two boundaries, tokens, by the spec of each of its legs. */
const pathOf = (lineage: Lineage, from: number, to: number): ReadonlyArray<Segment> =>
  merged(
    lineage.flatMap((leg, i) => {
      const end = Math.min(to, lineage[i + 1]?.from.tokens ?? to)
      const start = Math.max(from, leg.from.tokens)
      return end > start ? segmentsOf(leg.spec, start, end) : []
    }),
  )

/** The first step boundary of a run or its ancestors at or after so many tokens. */
const boundaryIn = (lineage: Lineage, tokens: number): number => {
  const leg = lineage.findLast(({ from }) => from.tokens <= tokens) ?? lineage[0]
  return stepBoundary(leg.spec, tokens)
}

const unsupported = ({ optimizer }: RunSpec): SpecProblem | undefined =>
  optimizer.kind === "sgd" && optimizer.momentum === 0 && optimizer.weightDecay === 0 && optimizer.clip === null
    ? undefined
    : {
        field: "optimizer",
        message: `optimizer: least squares is solved for plain SGD only, not ${optimizer.kind} with these settings; use { kind: "sgd", momentum: 0, weightDecay: 0, clip: null, decay: "independent" }`,
      }

const nameOf = (average: Average): string =>
  average === "last"
    ? "last iterate"
    : average === "uniform"
      ? "average from the first step"
      : "tail" in average
        ? `average of the last ${average.tail} of the run`
        : `exponential average, decay ${average.decay}`

/**
 * @throws {ProblemError} when the problem or the average is out of range
 * @throws {EvaluationNoiseError} when the noise is
 */
const layerWith = (problem: Problem = defaultProblem, options: LeastSquaresOptions = {}): Layer.Layer<Backend> => {
  const { average = "last", noise } = options
  validateProblem(problem)
  validateAverage(average)
  if (noise !== undefined) validateEvaluationNoise(noise)
  const { a, b, modes, sigma, signal } = problem
  const numericsId = `least-squares-v2-${canonicalHash({ problem, average, noise }).slice(0, 12)}`
  const start = (sigma ** 2 + signal) / 2
  const loss = (risk: number) => (sigma ** 2 + risk) / 2
  let nodes: Nodes | undefined
  const begin = () => {
    if (nodes === undefined) nodes = nodesOf(problem)
    return descentOn(nodes, sigma)
  }

  /** Of the iterates in the last fraction of the samples; at least of the last. */
  const tailRisk = (lineage: Lineage, tail: number, tokens: number, last: number): number => {
    const middle = boundaryIn(lineage, Math.floor((1 - tail) * tokens))
    if (middle >= tokens) return last
    const descent = begin()
    if (middle > 0) descent.advance(pathOf(lineage, 0, middle))
    const risk = descent.average()
    descent.advance(pathOf(lineage, middle, tokens))
    return risk()
  }

  return closedFormBackend({
    capabilities: {
      backend: "least-squares",
      device: `exact risk of the ${nameOf(average)}, a = ${a}, b = ${b}, ${modes} modes, sigma = ${sigma}`,
      numerics: { f64: numericsId, f32: numericsId },
      maxLanes: 64,
      concurrency: 1,
      deterministic: true,
      branching: true,
      checkpoints: true,
      averages: true,
      noiseScale: false,
      synthetic: false,
      maxima: {},
    },
    evaluation: "exact",
    ...(noise === undefined ? {} : { noise }),
    unsupported,
    run:
      (lineage, averages) =>
      ({ tokens }) => {
        const descent = begin()
        const own =
          average === "last"
            ? descent.risk
            : average === "uniform"
              ? descent.average()
              : "decay" in average
                ? descent.average(average.decay)
                : () => tailRisk(lineage, average.tail, tokens, descent.risk())
        const exponential = averages.map((decay) => descent.average(decay))
        descent.advance(pathOf(lineage, 0, tokens))
        if (!(loss(descent.risk()) < blowUp * start)) {
          const { eta } = lineage.at(-1)!.spec
          return {
            diverged: `loss above ${blowUp} times its start: the step size ${eta} is unstable at this batch`,
          }
        }
        return (decay) => loss(decay === undefined ? own() : exponential[averages.indexOf(decay)]!())
      },
  })
}

export const LeastSquaresBackend = {
  /** The default one: the last iterate, without noise. */
  layer: layerWith(),
  layerWith,
}
