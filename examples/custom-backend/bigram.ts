/**
 * A backend of one's own in one file: a table of bigram logits, trained by plain stochastic gradient descent on real
 * tokens. It has no checkpoints, no averages and no lanes, and its manifest says so; `bigram.test.ts` puts it under the
 * conformance suite, which runs what applies and tells why it skips the rest.
 */

import {
  type Assignment,
  Backend,
  BackendError,
  type Capabilities,
  checkAssignments,
  type RunEvent,
  runId,
} from "@ts/backend"
import { type Corpus, type DataError, DataSource } from "@ts/data"
import { factor, steps, stepsUntil } from "@ts/schedule"
import { Effect, Layer, Stream } from "effect"

const numericsId = "bigram-f64-v1"

const capabilities: Capabilities = {
  backend: "bigram",
  device: "one JavaScript thread",
  numerics: { f64: numericsId },
  maxLanes: 1,
  concurrency: 1,
  deterministic: true,
  branching: false,
  checkpoints: false,
  averages: false,
  noiseScale: false,
  synthetic: false,
  maxima: { "model.vocab_size": 4096 },
}

const refusal = (reason: "Unsupported" | "Data", field: string, message: string) =>
  new BackendError({ backend: "bigram", reason, field, message: `${field}: ${message}`, retryable: false })

/** What this backend cannot do, said before the first step. */
const check = (assignments: ReadonlyArray<Assignment>): BackendError | undefined => {
  for (const { spec, averages } of assignments) {
    const { optimizer } = spec
    if (spec.precision !== "f64")
      return refusal("Unsupported", "precision", `${spec.precision} is not offered; use f64`)
    if (averages.length > 0) return refusal("Unsupported", "averages", "there are none here; leave them out")
    if (spec.origin !== undefined) return refusal("Unsupported", "origin", "there are no branches here; leave it out")
    if (optimizer.kind !== "sgd" || optimizer.momentum !== 0 || optimizer.clip !== null) {
      return refusal("Unsupported", "optimizer", 'only { kind: "sgd", momentum: 0, clip: null } is offered')
    }
  }
  return checkAssignments("bigram", assignments)
}

/** Adds d(summed loss)/d(logits) of tokens[i] -> tokens[i + 1] for n positions; returns the summed loss, nats. */
const bigramLoss = (logits: Float64Array, V: number, tokens: ArrayLike<number>, n: number, gradient?: Float64Array) => {
  let loss = 0
  for (let i = 0; i < n; i++) {
    const row = tokens[i]! * V
    let sum = 0
    for (let v = 0; v < V; v++) sum += Math.exp(logits[row + v]!)
    loss += Math.log(sum) - logits[row + tokens[i + 1]!]!
    if (gradient === undefined) continue
    for (let v = 0; v < V; v++) gradient[row + v]! += Math.exp(logits[row + v]!) / sum
    gradient[row + tokens[i + 1]!]! -= 1
  }
  return loss
}

/** One run from its first to its last event. */
const trainRun = function* (assignment: Assignment, corpus: Corpus): Generator<RunEvent> {
  const { spec, until } = assignment
  const V = spec.model.vocab_size
  const id = runId(spec)
  const logits = new Float64Array(V * V)
  const gradient = new Float64Array(V * V)
  const pending = [...assignment.evaluateAt].sort((a, b) => a - b)
  yield { _tag: "Started", runId: id, tokens: 0, numericsId, synthetic: false }
  for (const { index, start, end, batch } of steps(spec.batch, until)) {
    const tokens = corpus.read(start, batch + 1)
    const eta = spec.eta * factor(spec.schedule, end)
    gradient.fill(0)
    const loss = bigramLoss(logits, V, tokens, batch, gradient) / batch
    if (!Number.isFinite(loss)) {
      yield { _tag: "Diverged", runId: id, tokens: end, reason: "the training loss is not finite" }
      return
    }
    for (let i = 0; i < logits.length; i++) logits[i]! -= (eta / batch) * gradient[i]!
    for (; pending.length > 0 && pending[0]! <= end; pending.shift()) {
      const n = corpus.validation.length - 1
      yield {
        _tag: "Evaluated",
        runId: id,
        tokens: end,
        requested: pending[0]!,
        step: index,
        average: "none",
        evaluation: corpus.evaluationId,
        loss: bigramLoss(logits, V, corpus.validation, n) / n,
      }
    }
    if (end >= until) yield { _tag: "Finished", runId: id, tokens: end, step: stepsUntil(spec.batch, until) }
  }
}

export const BigramBackend = {
  layer: Layer.effect(
    Backend,
    Effect.gen(function* () {
      const data = yield* DataSource
      const fromData = (error: DataError) => refusal("Data", "data", error.message)
      const open = ({ spec, until }: Assignment) =>
        data.open(spec.data, { tokens: until, seqLen: spec.model.max_seq_len }).pipe(Effect.mapError(fromData))
      return Backend.of({
        capabilities,
        prepare: Effect.fn("prepare")(function* (assignments) {
          const problem = check(assignments)
          if (problem !== undefined) return yield* problem
          for (const assignment of assignments) yield* open(assignment)
          return { data: [] }
        }),
        train: (bundle) => {
          const problem = check(bundle)
          if (problem !== undefined) return Stream.fail(problem)
          return Stream.fromIterable(bundle).pipe(
            Stream.flatMap((assignment) =>
              Stream.unwrap(
                Effect.map(open(assignment), (corpus) =>
                  Stream.fromIterable({ [Symbol.iterator]: () => trainRun(assignment, corpus) }),
                ),
              ),
            ),
          )
        },
      })
    }),
  ),
}
