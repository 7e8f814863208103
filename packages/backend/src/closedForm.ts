/**
 * A backend whose losses are computed rather than trained: it needs no checkpoints, since any reading costs next to
 * nothing. Only the formula is left to write.
 */
import { averageName } from "@ts/optim"
import { roundToStep, stepsUntil } from "@ts/schedule"
import { Effect, Layer, Stream } from "effect"
import { type Assignment, Backend, type Capabilities, type RunEvent } from "./Backend.ts"
import { BackendError } from "./BackendError.ts"
import { checkAssignments, type Problem } from "./checkSpec.ts"
import { type EvaluationNoise, evaluationNoise } from "./evaluationNoise.ts"
import { type RunSpec, runId } from "./RunSpec.ts"

/** Where a reading is taken: a step boundary. */
export interface Position {
  readonly tokens: number
  readonly step: number
}

export interface ClosedForm {
  readonly capabilities: Capabilities
  /** Names what the losses are of, in place of a hash of validation tokens. */
  readonly evaluation: string
  /** Drawn onto every loss; absent: losses are exact. It belongs into `numericsId`. */
  readonly noise?: EvaluationNoise
  /** What this backend cannot do, beyond what the manifest and the spec say. */
  readonly unsupported?: (spec: RunSpec) => Problem | undefined
  /**
   * Starts a run; positions then come in increasing order. A reading is the loss in nats by average (`undefined` for the
   * raw weights), or the reason why the run has diverged.
   */
  readonly run: (
    spec: RunSpec,
    averages: ReadonlyArray<number>,
  ) => (at: Position) => ((average: number | undefined) => number) | { readonly diverged: string }
}

const refuse = (form: ClosedForm, assignments: ReadonlyArray<Assignment>): BackendError | undefined => {
  const { backend, numerics, averages, noiseScale, branching } = form.capabilities
  const unsupported = ({ field, message }: Problem) =>
    new BackendError({ backend, reason: "Unsupported", message, retryable: false, field })
  for (const assignment of assignments) {
    const { spec } = assignment
    const offered = Object.keys(numerics)
    const problem: Problem | undefined = !offered.includes(spec.precision)
      ? {
          field: "precision",
          message: `precision: ${spec.precision} is not offered by ${backend}; use ${offered.join(" or ")}`,
        }
      : spec.origin !== undefined && !branching
        ? { field: "origin", message: `origin: ${backend} cannot branch from another run; leave branches out` }
        : assignment.averages.length > 0 && !averages
          ? { field: "averages", message: `averages: ${backend} reads no weight averages; leave them out` }
          : assignment.noiseScale !== undefined && !noiseScale
            ? { field: "noiseScale", message: `noiseScale: ${backend} measures no gradients; leave it out` }
            : form.unsupported?.(spec)
    if (problem !== undefined) return unsupported(problem)
  }
  return checkAssignments(backend, assignments)
}

const eventsOf = (form: ClosedForm, assignment: Assignment): ReadonlyArray<RunEvent> => {
  const { spec } = assignment
  const id = runId(spec)
  const { capabilities, evaluation } = form
  const events: Array<RunEvent> = [
    {
      _tag: "Started",
      runId: id,
      tokens: 0,
      numericsId: capabilities.numerics[spec.precision]!,
      synthetic: capabilities.synthetic,
    },
  ]
  const read = form.run(spec, assignment.averages)
  const noise = form.noise === undefined ? undefined : evaluationNoise(form.noise, id, spec.origin?.parent)
  for (const requested of [...new Set(assignment.evaluateAt)].sort((a, b) => a - b)) {
    const at = { tokens: roundToStep(spec.batch, requested), step: stepsUntil(spec.batch, requested) }
    const reading = read(at)
    if ("diverged" in reading)
      return [...events, { _tag: "Diverged", runId: id, tokens: at.tokens, reason: reading.diverged }]
    for (const average of [undefined, ...assignment.averages]) {
      const name = average === undefined ? "none" : averageName(average)
      const loss = reading(average) + (noise?.(at.step, name) ?? 0)
      events.push({ _tag: "Evaluated", runId: id, ...at, requested, average: name, evaluation, loss })
    }
  }
  const end = { tokens: roundToStep(spec.batch, assignment.until), step: stepsUntil(spec.batch, assignment.until) }
  return [...events, { _tag: "Finished", runId: id, ...end }]
}

export const closedFormBackend = (form: ClosedForm): Layer.Layer<Backend> =>
  Layer.succeed(
    Backend,
    Backend.of({
      capabilities: form.capabilities,
      prepare: (assignments) => {
        const error = refuse(form, assignments)
        return error === undefined ? Effect.succeed({ data: [] }) : Effect.fail(error)
      },
      train: (bundle) => {
        const error = refuse(form, bundle)
        if (error !== undefined) return Stream.fail(error)
        return Stream.fromIterable(bundle).pipe(
          Stream.flatMap((assignment) => Stream.suspend(() => Stream.fromIterable(eventsOf(form, assignment)))),
        )
      },
    }),
  )
