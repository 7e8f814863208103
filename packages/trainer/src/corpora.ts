/**
 * The corpora of a study, opened once: opening one again would hash all its shards again, and lanes that share one also
 * share its tokens and its validation rows.
 */
import { type Assignment, type BackendError, runId, tokensNeeded } from "@ts/backend"
import type { Corpus, DataSource } from "@ts/data"
import { Effect } from "effect"
import { type Blame, dataFailure, failure } from "./errors.ts"

/** Corpora kept open; each holds up to 64 MiB of shards. */
const KEPT = 16

export interface Corpora {
  /** Prepares what the run needs where it is not there yet, and verifies what is. */
  readonly prepare: (assignment: Assignment) => Effect.Effect<Corpus, BackendError>
  /** As opened before, where that is enough. */
  readonly open: (assignment: Assignment) => Effect.Effect<Corpus, BackendError>
  /** Opens everything anew from now on: tokens could not be read. */
  readonly forget: Effect.Effect<void>
}

export const makeCorpora = (data: DataSource["Service"], blame: Blame): Corpora => {
  // A Map keeps the order of insertion: the first key is the one used longest ago.
  const opened = new Map<string, Corpus>()
  const keyOf = ({ spec }: Assignment) => JSON.stringify([spec.data, spec.model.max_seq_len])
  const keep = (key: string, corpus: Corpus) => {
    opened.delete(key)
    opened.set(key, corpus)
    const [oldest] = opened.keys()
    if (opened.size > KEPT) opened.delete(oldest!)
    return corpus
  }

  const suits = Effect.fnUntraced(function* ({ spec }: Assignment, corpus: Corpus) {
    const at = { ...blame, runId: runId(spec) }
    const S = spec.model.max_seq_len
    if (corpus.vocabulary > spec.model.vocab_size) {
      const message = `model.vocab_size: ${spec.model.vocab_size} is smaller than the tokenizer's ${corpus.vocabulary}; use ${corpus.vocabulary}`
      return yield* failure(at, "InvalidSpec", message, { field: "model.vocab_size" })
    }
    if (corpus.validation.length <= S) {
      const message = `data.validation.tokens: ${corpus.validation.length - 1} is less than one sequence of ${S}; use more`
      return yield* failure(at, "InvalidSpec", message, { field: "data.validation.tokens" })
    }
    return corpus
  })

  const prepare = Effect.fnUntraced(function* (assignment: Assignment) {
    const { spec } = assignment
    const need = { tokens: tokensNeeded(assignment), seqLen: spec.model.max_seq_len }
    const at = { ...blame, runId: runId(spec) }
    const corpus = yield* Effect.mapError(data.open(spec.data, need), dataFailure(at))
    return keep(keyOf(assignment), yield* suits(assignment, corpus))
  })

  return {
    prepare,
    open: (assignment) =>
      Effect.suspend(() => {
        const key = keyOf(assignment)
        const known = opened.get(key)
        // The target of the last token is one more.
        const enough = (corpus: Corpus) => assignment.spec.data.repeat || corpus.trainTokens > tokensNeeded(assignment)
        return known !== undefined && enough(known) ? suits(assignment, keep(key, known)) : prepare(assignment)
      }),
    forget: Effect.sync(() => opened.clear()),
  }
}
