/**
 * A whole backend in one file: every run is a chain of numbers in which each step needs the one before, so that a
 * resume that loses or repeats a step shows in every later reading.
 */
import {
  type Assignment,
  averageName,
  Backend,
  BackendError,
  type Capabilities,
  CheckpointStore,
  canonicalHash,
  checkAssignments,
  type Prepared,
  type RunEvent,
  runId,
} from "@ts/backend"
import { steps } from "@ts/schedule"
import { Effect, Layer, Queue, Ref, Stream } from "effect"

export const NUMERICS = "chain-v1"

export interface TestBackendOptions {
  readonly capabilities?: Partial<Capabilities>
  /** Learning rates above this diverge at `divergesAt` tokens. */
  readonly stableUpTo?: number
  readonly divergesAt?: number
  /** Runs before every step: sleeps, fails, hangs. */
  readonly beforeStep?: (runId: string, tokens: number) => Effect.Effect<void, BackendError>
  /** A rolling checkpoint every so many tokens, and at the end. */
  readonly checkpointEvery?: number
  /** Takes a reading that lies at the very boundary it resumes from. */
  readonly readsAtStart?: boolean
  /** Added to every loss: numbers that break their promise. */
  readonly error?: () => number
  /** Hashes of the prepared shards. */
  readonly shards?: ReadonlyArray<string>
  /** Sends every event twice. */
  readonly stutters?: boolean
}

/** What the backend was seen doing. */
export interface Seen {
  tokens: number
  readonly bundles: Array<ReadonlyArray<string>>
  readonly starts: Array<{ readonly runId: string; readonly from: number }>
  prepared: number
}

export const newSeen = (): Seen => ({ tokens: 0, bundles: [], starts: [], prepared: 0 })

const initial = (seed: number) => 1 + 1 / (1 + seed)

const identityOf = (assignment: Assignment) => canonicalHash(assignment.spec.data)

export const testBackend = (
  options: TestBackendOptions = {},
  seen: Seen = newSeen(),
): Layer.Layer<Backend, never, CheckpointStore> =>
  Layer.effect(
    Backend,
    Effect.gen(function* () {
      const checkpoints = yield* CheckpointStore
      const { stableUpTo = 1, divergesAt = 512, beforeStep, checkpointEvery = 512, error = () => 0 } = options
      const capabilities: Capabilities = {
        backend: "chain",
        device: "test",
        numerics: { f32: NUMERICS },
        maxLanes: 1,
        concurrency: 2,
        deterministic: true,
        branching: true,
        checkpoints: true,
        averages: true,
        noiseScale: true,
        synthetic: false,
        maxima: {},
        flopsPerSecond: 1e9,
        ...options.capabilities,
      }

      const runOne = Effect.fnUntraced(function* (
        assignment: Assignment,
        send: (event: RunEvent) => Effect.Effect<void>,
      ) {
        const { spec, resume, until, averages } = assignment
        const id = runId(spec)
        const numericsId = capabilities.numerics[spec.precision]
        let x = initial(spec.seed)
        let tokens = 0
        let step = 0
        let means = new Map(averages.map((decay) => [decay, 0]))
        if (resume !== undefined) {
          if (!averages.every((decay) => resume.averages.includes(decay))) {
            return yield* new BackendError({
              backend: "chain",
              reason: "Checkpoint",
              message: "the checkpoint lacks averages",
              retryable: false,
              runId: id,
            })
          }
          const { metadata, ...ref } = yield* checkpoints.get(resume)
          x = metadata["x"]!
          tokens = ref.tokens
          step = resume.runId === id ? ref.step : 0
          means = new Map(averages.map((decay) => [decay, metadata[averageName(decay)] ?? 0]))
        }
        seen.starts.push({ runId: id, from: tokens })
        yield* send({
          _tag: "Started",
          runId: id,
          tokens,
          numericsId,
          synthetic: false,
          ...(resume === undefined ? {} : { resumedFrom: resume }),
        })
        const read = Effect.fnUntraced(function* (after: number) {
          for (const requested of assignment.evaluateAt) {
            if (requested <= after || requested > tokens) continue
            const at = { runId: id, tokens, requested, step, evaluation: "validation" }
            yield* send({ _tag: "Evaluated", ...at, average: "none", loss: 2 + x + error() })
            for (const [decay, mean] of means) {
              const loss = 2 + mean / (1 - decay ** step) + error()
              yield* send({ _tag: "Evaluated", ...at, average: averageName(decay), loss })
            }
            const sizes = assignment.noiseScale
            if (sizes !== undefined) {
              const norms = { squaredNormSmall: 2 * x * x, squaredNormBig: x * x }
              yield* send({ _tag: "NoiseScaleMeasured", runId: id, tokens, requested, ...sizes, ...norms })
            }
          }
        })
        const put = (rolling: boolean) => {
          const metadata = { x, ...Object.fromEntries([...means].map(([decay, mean]) => [averageName(decay), mean])) }
          return checkpoints.put(
            { runId: id, numericsId, tokens, step, averages, metadata, tensors: new Map() },
            { rolling },
          )
        }
        const save = Effect.fnUntraced(function* (rolling: boolean) {
          const checkpoint = yield* put(rolling)
          yield* send({ _tag: "Checkpointed", runId: id, tokens, checkpoint })
        })
        const train = Effect.gen(function* () {
          if (options.readsAtStart) yield* read(0)
          for (const { batch } of steps(spec.batch, until)) {
            if (tokens >= until) break
            if (beforeStep !== undefined) yield* beforeStep(id, tokens)
            if (spec.eta > stableUpTo && tokens >= divergesAt) {
              yield* send({ _tag: "Diverged", runId: id, tokens, reason: "the loss is not finite" })
              return
            }
            const before = tokens
            x = x * (1 - spec.eta) + Math.sin(tokens + spec.seed) * spec.eta * 0.1
            tokens += batch
            step++
            seen.tokens += batch
            for (const [decay, mean] of means) means.set(decay, decay * mean + (1 - decay) * x)
            const every = assignment.logEvery ?? Number.POSITIVE_INFINITY
            if (Math.floor(before / every) < Math.floor(tokens / every)) {
              yield* send({ _tag: "Stepped", runId: id, tokens, step, loss: x, gradientNorm: 1, eta: spec.eta })
            }
            yield* read(before)
            if (assignment.checkpointAt.some((at) => before < at && at <= tokens)) yield* save(false)
            if (Math.floor(before / checkpointEvery) < Math.floor(tokens / checkpointEvery)) yield* save(true)
          }
          yield* save(true)
          yield* send({ _tag: "Finished", runId: id, tokens, step })
        })
        yield* train.pipe(Effect.onInterrupt(() => Effect.ignore(put(true))))
      })

      return Backend.of({
        capabilities,
        prepare: (assignments) =>
          Effect.suspend(() => {
            seen.prepared++
            const problem = checkAssignments("chain", assignments)
            if (problem !== undefined) return Effect.fail(problem)
            const shards = (options.shards ?? ["first"]).map((sha256, i) => ({ name: `${i}`, sha256 }))
            const data: Prepared["data"] = [...new Set(assignments.map(identityOf))].map((identity) => ({
              identity,
              evaluation: "validation",
              trainTokens: 4096 * shards.length,
              shards,
            }))
            return Effect.succeed({ data })
          }),
        train: (bundle) => {
          seen.bundles.push(bundle.map(({ spec }) => runId(spec)))
          return Stream.callback<RunEvent, BackendError>(
            (queue) =>
              Effect.forEach(
                bundle,
                (assignment) =>
                  runOne(assignment, (event) =>
                    options.stutters
                      ? Effect.asVoid(Queue.offerAll(queue, [event, event]))
                      : Effect.asVoid(Queue.offer(queue, event)),
                  ),
                { concurrency: "unbounded", discard: true },
              ).pipe(
                Effect.matchCauseEffect({
                  onFailure: (cause) => Queue.failCause(queue, cause),
                  onSuccess: () => Queue.end(queue),
                }),
              ),
            { bufferSize: 2 },
          )
        },
      })
    }),
  )

/** Fails retryably the first `times` times that it is asked. */
export const failing = (times: number, at: number) =>
  Effect.map(Ref.make(times), (left) => (_: string, tokens: number) => {
    if (tokens < at) return Effect.void
    return Effect.flatMap(
      Ref.getAndUpdate(left, (n) => n - 1),
      (n) =>
        n > 0
          ? Effect.fail(
              new BackendError({
                backend: "chain",
                reason: "Device",
                message: "the device fell over",
                retryable: true,
              }),
            )
          : Effect.void,
    )
  })
