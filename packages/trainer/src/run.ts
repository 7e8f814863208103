/** One run of a bundle: what follows from its assignment, and where it stands. */
import { type Assignment, averageName, type BackendError, canonicalJson, type RunSpec, runId } from "@ts/backend"
import type { Corpus } from "@ts/data"
import { laneScalars, type Mpt, mpt, parametrise, ShapeFieldError, training } from "@ts/model"
import type { Plan } from "@ts/mup"
import type { Training } from "@ts/program"
import { factor } from "@ts/schedule"
import { Effect } from "effect"
import { type DivergenceState, notDiverged } from "./divergence.ts"
import { failure } from "./errors.ts"

/** What lanes of one executable have in common; all else about them are run-time scalars and data. */
export interface Shape {
  /** Equal for runs that one compiled program serves; the batch is no part of it. */
  readonly key: string
  readonly model: Mpt
  readonly training: Training
}

/** All that a compiled program depends on. */
const programKey = ({ spec, averages }: Assignment): string => {
  const { init_gain: _, emb_init_std: __, zero_readout: ___, ...model } = spec.model
  return canonicalJson([model, spec.optimizer.kind, spec.precision, [...averages].sort()])
}

/** Equal keys: runs that fit into one bundle. */
export const bundleKey = (assignment: Assignment): string =>
  `${programKey(assignment)} ${canonicalJson(assignment.spec.batch)}`

export const shapeOf = (assignment: Assignment): Shape => {
  const model = mpt(assignment.spec.model)
  const averages = [...assignment.averages].sort().map(averageName)
  return { key: programKey(assignment), model, training: training(model, assignment.spec.optimizer.kind, averages) }
}

/** The plan of multipliers, or the contradiction that prevents one. */
export const planOf = (backend: string, { spec }: Assignment): Effect.Effect<Plan, BackendError> =>
  Effect.try({
    try: () => parametrise(spec.model, spec.parametrisation),
    catch: (cause) => {
      const field = cause instanceof ShapeFieldError ? `model.${cause.field}` : "parametrisation"
      return failure({ backend, runId: runId(spec) }, "InvalidSpec", (cause as Error).message, { field, cause })
    },
  })

export interface Run {
  readonly id: string
  readonly assignment: Assignment
  readonly plan: Plan
  readonly corpus: Corpus
  /** Readings still to take, ascending. */
  evaluations: Array<number>
  /** Checkpoints still to keep, ascending. */
  checkpoints: Array<number>
  /** Step boundary reached. */
  tokens: number
  step: number
  divergence: DivergenceState
  /** Summed losses of the step under way, nats. */
  stepLoss: number
  over: boolean
}

export const startRun = (assignment: Assignment, plan: Plan, corpus: Corpus): Run => {
  const ascending = (positions: ReadonlyArray<number>) => [...new Set(positions)].sort((a, b) => a - b)
  return {
    id: runId(assignment.spec),
    assignment,
    plan,
    corpus,
    evaluations: ascending(assignment.evaluateAt),
    checkpoints: ascending(assignment.checkpointAt),
    tokens: 0,
    step: 0,
    divergence: notDiverged,
    stepLoss: 0,
    over: false,
  }
}

/** Run-time scalars of the lane that hold for the whole run. */
export const constantsOf = ({ assignment, plan }: Run): Readonly<Record<string, number>> =>
  laneScalars(
    plan,
    assignment.spec.optimizer,
    Object.fromEntries(assignment.averages.map((decay) => [averageName(decay), decay])),
  )

/** Learning rate of the step that ends at `tokens`. */
export const etaAt = ({ eta, schedule }: Pick<RunSpec, "eta" | "schedule">, tokens: number): number =>
  eta * factor(schedule, tokens)

/** Values of `training.stepScalars` for step number `step` of `batch` tokens that ends at `end`. */
export const stepScalars = (
  names: ReadonlyArray<string>,
  spec: Pick<RunSpec, "eta" | "schedule" | "optimizer">,
  step: number,
  batch: number,
  end: number,
) => {
  const { optimizer, schedule } = spec
  const eta = etaAt(spec, end)
  const values: Record<string, number> = {
    gradScale: 1 / batch,
    eta,
    // Coupled: eta_t lambda. Independent: lambda eta_t / eta_peak.
    decay: optimizer.weightDecay * (optimizer.decay === "coupled-to-lr" ? eta : factor(schedule, end)),
  }
  if (optimizer.kind === "adamw") {
    values["correction1"] = 1 - optimizer.betas[0] ** step
    values["correction2"] = 1 - optimizer.betas[1] ** step
  }
  return Float64Array.from(names, (name) => values[name]!)
}
