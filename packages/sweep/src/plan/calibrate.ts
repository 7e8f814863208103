/** Trains a few steps of the shapes of a plan, on runs that nobody keeps, to tell how long it will take. */
import { type Assignment, Backend, type BackendError, memoryCheckpoints, type RunSpec } from "@ts/backend"
import { tokensAfter } from "@ts/schedule"
import { Clock, Effect, Stream } from "effect"
import { boundaryOf } from "./boundary.ts"
import { type Calibration, calibratedClock, type ShapeRate, shapeReader } from "./calibration.ts"
import type { Plan, PlannedRun } from "./plan.ts"

export interface CalibrateOptions {
  /** To spend, about; 5 by default. */
  readonly seconds?: number
}

/** Below this a shape is not worth a measurement of its own. */
const LEAST_SECONDS = 0.25
/** Steps of the next trial over those of the one before. */
const GROWTH = 4
/** Seeds of the trials, beyond those of any study. */
const FIRST_SEED = 2 ** 30

interface Shape {
  readonly shape: string
  readonly runs: ReadonlyArray<PlannedRun>
  readonly flops: number
}

const shapesOf = (runs: ReadonlyArray<PlannedRun>): ReadonlyArray<Shape> => {
  const shapeOf = shapeReader()
  const groups = Map.groupBy(runs, ({ spec, averages }) => shapeOf(spec, averages))
  return [...groups]
    .map(([shape, alike]) => ({ shape, runs: alike, flops: alike.reduce((sum, { flops }) => sum + flops, 0) }))
    .sort((a, b) => b.flops - a.flops)
}

const slowestOf = ({ runs: [first, ...others] }: Shape): PlannedRun =>
  others.reduce((least, run) => (run.spec.eta < least.spec.eta ? run : least), first!)

const endOf = (shape: Shape): number => Math.max(...slowestOf(shape).horizons, 1)

/** How many of them start at the same position, and so fit into one bundle. */
const mostAlike = ({ runs }: Shape): number =>
  Math.max(...[...Map.groupBy(runs, ({ spec }) => spec.origin?.at).values()].map((alike) => alike.length))

/** A trial of its own: the run with the least learning rate (nothing diverges), from the start, by a seed nobody uses. */
const trialOf = (shape: Shape, steps: number, index: number): Assignment => {
  const { spec: slowest, averages } = slowestOf(shape)
  const { origin: _, ...own } = slowest
  const spec: RunSpec = { ...own, seed: FIRST_SEED + index }
  const until = Math.min(endOf(shape), tokensAfter(spec.batch, steps))
  return { spec, until, evaluateAt: [until], checkpointAt: [], averages }
}

/** All bundles of a trial side by side: `seconds` until the last ended, `tokens` of one run, a reading as its third. */
interface Trial {
  readonly seconds: number
  readonly tokens: number
}

type Bundle = readonly [Assignment, ...Array<Assignment>]

/** What a run takes apart from its tokens, and each token: by the shortest and the longest trial. */
const rateOf = (shape: string, trials: ReadonlyArray<Trial>, lanes: number, bundles: number): ShapeRate => {
  const [first, last] = [trials[0]!, trials.at(-1)!]
  const slope =
    first === last ? last.seconds / last.tokens : (last.seconds - first.seconds) / (last.tokens - first.tokens)
  const perToken = Math.max(0, Math.min(slope, last.seconds / last.tokens))
  const sides = lanes * bundles
  return {
    shape,
    lanes,
    bundles,
    secondsPerToken: perToken / sides,
    secondsPerRun: Math.max(0, last.seconds - perToken * last.tokens) / sides,
  }
}

/**
 * Measures how fast this backend is at the shapes of a plan, as many runs side by side as the sweep will train. Takes about
 * `seconds`, shared out by FLOPs; shapes that would get too little of it go by the others' FLOPs. A backend whose
 * losses are computed takes a few milliseconds.
 *
 * The runs are thrown away: other seeds, checkpoints in memory, no journal. Prepares the data, as the sweep would.
 */
export const calibrate: (plan: Plan, options?: CalibrateOptions) => Effect.Effect<Calibration, BackendError, Backend> =
  Effect.fn("Sweep.calibrate")(function* (plan: Plan, { seconds = 5 }: CalibrateOptions = {}) {
    const backend = yield* Backend
    const { backend: name, device, concurrency, maxLanes } = backend.capabilities
    const now = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e9)
    const shapes = shapesOf(plan.runs).slice(0, Math.max(1, Math.floor(seconds / LEAST_SECONDS)))
    const flops = shapes.reduce((sum, shape) => sum + shape.flops, 0)

    const trial = Effect.fnUntraced(function* (bundles: ReadonlyArray<Bundle>): Effect.fn.Return<Trial, BackendError> {
      const { spec, until, averages } = bundles[0]![0]
      const began = yield* now
      yield* Effect.forEach(bundles, (bundle) => Stream.runDrain(backend.train(bundle)), {
        concurrency: "unbounded",
        discard: true,
        // Fresh checkpoints each time, or a trial would go on where the last one ended.
      }).pipe(Effect.provide(memoryCheckpoints, { local: true }))
      const evaluated = ((1 + averages.length) * spec.data.validation.tokens) / 3
      return { seconds: (yield* now) - began, tokens: boundaryOf(spec, until) + evaluated }
    })

    const measure = Effect.fnUntraced(function* (shape: Shape): Effect.fn.Return<ShapeRate, BackendError> {
      const slot = Math.max(LEAST_SECONDS, (seconds * shape.flops) / flops)
      // As the sweep will fill them: every worker first, with runs of this shape and then with those of others.
      const share = Math.ceil(plan.runs.length / Math.max(1, concurrency))
      const lanes = Math.max(1, Math.min(maxLanes, share, mostAlike(shape)))
      const bundles = Math.max(1, Math.min(concurrency, Math.ceil(plan.runs.length / lanes)))
      const side = (steps: number) =>
        Array.from({ length: bundles }, (_, b) =>
          Array.from({ length: lanes }, (_, l) => trialOf(shape, steps, b * lanes + l)),
        ) as unknown as ReadonlyArray<Bundle>
      const started = yield* now
      // Once for nothing: it compiles, which a sweep does once a shape.
      const trials = [yield* trial(side(1))]
      for (let steps = 1; ; steps *= GROWTH) {
        const last = trials.at(-1)!
        const left = started + slot - (yield* now)
        if (trials.length > 1 && (last.seconds > slot / 2 || GROWTH * last.seconds > 2 * left)) break
        if (trials.length === 1 && last.seconds > slot) break
        const next = yield* trial(side(steps))
        if (trials.length > 1 && next.tokens === last.tokens) break
        trials.push(next)
      }
      return rateOf(shape.shape, trials.length > 1 ? trials.slice(1) : trials, lanes, bundles)
    })

    if (shapes.length > 0) {
      yield* backend.prepare(shapes.map((shape) => ({ ...trialOf(shape, 1, 0), until: endOf(shape), evaluateAt: [] })))
    }
    const began = yield* now
    const rates = yield* Effect.forEach(shapes, measure)
    const took = (yield* now) - began
    const known: Calibration = { backend: name, device, rates, secondsPerFlop: 0, seconds: took }
    const clock = calibratedClock(known, { concurrency: 1 })
    const predicted = shapes
      .flatMap(({ runs }) => runs)
      .reduce(
        (sum, { spec, averages, work }) => sum + clock(spec, averages, work.tokens, work.assignment.evaluateAt.length),
        0,
      )
    return { ...known, secondsPerFlop: flops === 0 ? 0 : predicted / flops }
  })
