/** A driver's tokens: prepared once, and laid out as files that workers read. */
import {
  type Assignment,
  BackendError,
  canonicalJson,
  type Prepared,
  type RunSpec,
  runId,
  tokensNeeded,
} from "@ts/backend"
import { type Corpus, type DataError, DataSource, publishCorpus } from "@ts/data"
import { Effect, Semaphore } from "effect"

export interface Publishing {
  /** Publishes what the runs read, as far as the longest of them reads it. */
  readonly prepare: (assignments: ReadonlyArray<Assignment>) => Effect.Effect<Prepared, BackendError>
  /** Manifest of the corpus of a run, published on the way where it does not reach as far. */
  readonly manifestOf: (assignment: Assignment) => Effect.Effect<string, BackendError>
}

interface Published {
  readonly corpus: Corpus
  readonly manifest: string
  readonly tokens: number
}

/** Runs that share their corpus; sequences of other lengths read the same tokens. */
const keyOf = ({ data }: RunSpec): string => canonicalJson(data)

/** `deliver` takes each manifest to where workers read it, and gives its path there. */
export const makePublishing = Effect.fnUntraced(function* (
  backend: string,
  folder: string,
  deliver: (manifest: string) => Effect.Effect<string, BackendError> = Effect.succeed,
): Effect.fn.Return<Publishing, never, DataSource> {
  const data = yield* DataSource
  const turn = yield* Semaphore.make(1)
  const published = new Map<string, Published>()

  const publish = Effect.fnUntraced(function* (assignment: Assignment) {
    const { spec } = assignment
    const [key, tokens] = [keyOf(spec), tokensNeeded(assignment)]
    const known = published.get(key)
    if (known !== undefined && known.tokens >= tokens) return known
    const failed = (cause: DataError) =>
      new BackendError({
        backend,
        reason: "Data",
        message: cause.message,
        retryable: cause.retryable,
        runId: runId(spec),
        field: "data",
        cause,
      })
    const corpus = yield* Effect.mapError(data.open(spec.data, { tokens, seqLen: spec.model.max_seq_len }), failed)
    const manifest = yield* deliver(yield* Effect.mapError(publishCorpus(corpus, tokens, folder), failed))
    const made: Published = { corpus, manifest, tokens }
    published.set(key, made)
    return made
  }, turn.withPermit)

  return {
    prepare: Effect.fnUntraced(function* (assignments) {
      const longest = new Map<string, Assignment>()
      for (const assignment of assignments) {
        const key = keyOf(assignment.spec)
        const known = longest.get(key)
        if (known === undefined || tokensNeeded(known) < tokensNeeded(assignment)) longest.set(key, assignment)
      }
      const corpora = yield* Effect.forEach([...longest.values()], publish)
      return {
        data: corpora.map(({ corpus: { identity, evaluationId, trainTokens, shards } }) => ({
          identity,
          evaluation: evaluationId,
          trainTokens: Number.isFinite(trainTokens) ? trainTokens : null,
          shards: shards.map(({ name, sha256 }) => ({ name, sha256 })),
        })),
      }
    }),
    manifestOf: (assignment) => Effect.map(publish(assignment), ({ manifest }) => manifest),
  }
})
