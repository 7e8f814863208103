/**
 * The solvable model as a backend: a "token" is a sample, `eta` the step size, losses are exact.
 *
 * Only plain SGD has this closed form; any other optimiser is refused. Model shape, parametrisation and data of a spec
 * play no part: the problem is given when the layer is made, and its hash is part of `numericsId`.
 */
import { type Backend, canonicalHash, closedFormBackend, type RunSpec } from "@ts/backend"
import { factor, steps } from "@ts/schedule"
import type { Layer } from "effect"
import { type Average, type Descent, descent, type Segment } from "./moments.ts"
import { modesOf, type Problem } from "./problem.ts"

export const defaultProblem: Problem = { a: 1.5, b: 2.5, modes: 20_000, sigma: 1, signal: 1 }

/** Loss (half the expected squared error, label noise included) above which a run counts as diverged, relative to the start. */
const blowUp = 100

/** The steps in (from, to] as stretches of equal batch and step size. */
const segments = function* (spec: RunSpec, from: number, to: number): Generator<Segment> {
  let current: Segment | undefined
  for (const step of steps(spec.batch, to)) {
    if (step.end <= from) continue
    const gamma = spec.eta * factor(spec.schedule, step.end)
    if (current !== undefined && current.gamma === gamma && current.batch === step.batch) {
      current = { ...current, steps: current.steps + 1 }
    } else {
      if (current !== undefined) yield current
      current = { steps: 1, gamma, batch: step.batch }
    }
  }
  if (current !== undefined) yield current
}

/** @throws {ProblemError} when the problem is out of range */
const layerWith = (problem: Problem = defaultProblem): Layer.Layer<Backend> => {
  modesOf(problem)
  const start = (problem.sigma ** 2 + problem.signal) / 2
  return closedFormBackend({
    capabilities: {
      backend: "least-squares",
      device: `exact risk, a = ${problem.a}, b = ${problem.b}, ${problem.modes} modes, sigma = ${problem.sigma}`,
      numerics: { f64: numericsId(problem), f32: numericsId(problem) },
      maxLanes: 64,
      concurrency: 1,
      deterministic: true,
      branching: false,
      checkpoints: false,
      averages: true,
      noiseScale: false,
      synthetic: false,
      maxima: {},
    },
    evaluation: "exact",
    unsupported: ({ optimizer }) =>
      optimizer.kind === "sgd" && optimizer.momentum === 0 && optimizer.weightDecay === 0 && optimizer.clip === null
        ? undefined
        : {
            field: "optimizer",
            message: `optimizer: least squares is solved for plain SGD only, not ${optimizer.kind} with these settings; use { kind: "sgd", momentum: 0, weightDecay: 0, clip: null, decay: "independent" }`,
          },
    run: (spec, averages) => {
      const kinds: ReadonlyArray<Average> = averages.length > 0 ? averages.map((decay) => ({ decay })) : ["uniform"]
      const descents: ReadonlyArray<Descent> = kinds.map((average) => descent(problem, average))
      let position = 0
      return ({ tokens }) => {
        for (const segment of segments(spec, position, tokens)) for (const d of descents) d.advance(segment)
        position = tokens
        const loss = (risk: number) => (problem.sigma ** 2 + risk) / 2
        const last = loss(descents[0]!.risk())
        if (!(last < blowUp * start)) {
          return {
            diverged: `loss above ${blowUp} times its start: the step size ${spec.eta} is unstable at this batch`,
          }
        }
        return (average) => (average === undefined ? last : loss(descents[averages.indexOf(average)]!.averagedRisk()))
      }
    },
  })
}

const numericsId = (problem: Problem): string => `least-squares-v1-${canonicalHash(problem).slice(0, 12)}`

export const LeastSquaresBackend = {
  /** The default one. */
  layer: layerWith(),
  layerWith,
}
