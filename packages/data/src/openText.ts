import { join } from "node:path"
import { Effect, Predicate, Schedule } from "effect"
import type { Corpus } from "./Corpus.ts"
import { cacheEntry, type Found } from "./cacheEntry.ts"
import { corpusOf, keyOf } from "./corpusOf.ts"
import { cacheError, DataError } from "./DataError.ts"
import type { Need } from "./DataSpec.ts"
import { orderDocuments } from "./order.ts"
import { type OnProgress, type Prepared, prepare, suffices } from "./prepare.ts"
import { shardReader } from "./shardReader.ts"
import type { DocumentSource } from "./source/Documents.ts"
import { findFiles } from "./source/files.ts"
import { findHub, type HubAccess, modelFile } from "./source/hub.ts"
import { findPackage } from "./source/npmPackage.ts"
import type { TextSource, TextSpec } from "./TextOpener.ts"
import { GPT_NEOX_REPO } from "./tokenizer/gptNeox.ts"
import { tokenizerFor } from "./tokenizer/tokenizerFor.ts"

/** Where things lie for this process; no part of any identity. */
export interface Place {
  readonly cacheFolder: string
  readonly base: string
  readonly hub: HubAccess
}

/** What may pass (a lost connection, a busy hub) is tried four times in all within two seconds. */
const politely = Schedule.exponential("200 millis").pipe(
  Schedule.upTo({ times: 3 }),
  Schedule.setInputType<DataError>(),
  Schedule.while(({ input }) => input.retryable),
)

const find = (source: TextSource, { base, hub, cacheFolder }: Place): Promise<DocumentSource> => {
  switch (source.kind) {
    case "hub":
      return findHub(source, hub, cacheFolder)
    case "package":
      return findPackage(source, base)
    case "files":
      return findFiles(source, base)
  }
}

/** Opens a source of text: from the cache where it is prepared far enough, else prepares the rest. */
export const openText = Effect.fnUntraced(function* (
  spec: TextSpec,
  need: Need,
  place: Place,
  onProgress: OnProgress,
): Effect.fn.Return<Corpus, DataError> {
  // A failed file operation here is one on the cache: the sources name their own failures. Anything else is a defect.
  const attempt = <A>(run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, DataError> =>
    Effect.tryPromise({ try: (signal) => run(signal), catch: (cause) => cause }).pipe(
      Effect.catch((cause) => {
        if (cause instanceof DataError) return Effect.fail(cause)
        return Predicate.hasProperty(cause, "syscall")
          ? Effect.fail(cacheError(cause, place.cacheFolder))
          : Effect.die(cause)
      }),
    )

  if (spec.source.kind === "hub") onProgress(`looking up ${spec.source.repo} on the hub`)
  const documents = yield* attempt(() => find(spec.source, place)).pipe(Effect.retry(politely))
  const key = keyOf(documents.identity, spec)
  const entry = cacheEntry(join(place.cacheFolder, "corpora", key))

  let written = 0
  const extend = Effect.fnUntraced(function* (found: Found | undefined): Effect.fn.Return<Prepared, DataError> {
    if (found !== undefined && suffices(found.manifest, need.tokens + 1)) return found
    const order = orderDocuments(documents.files)
    const gptNeoxJson = () => modelFile(GPT_NEOX_REPO, "tokenizer.json", place.hub, place.cacheFolder)
    return yield* attempt((signal) =>
      prepare({
        spec,
        order,
        entry,
        found,
        tokens: need.tokens + 1,
        tokenizer: () => tokenizerFor({ spec, order, found, onProgress }, gptNeoxJson),
        onProgress,
        onShard: () => void written++,
        signal,
      }),
    )
  })

  // Looked up anew on each try, so that a retry goes on after the shards that were finished.
  const once = Effect.gen(function* () {
    const found = yield* attempt(entry.find)
    if (found !== undefined && found.damaged.length > 0)
      yield* Effect.logWarning(
        `Prepared tokens in ${entry.folder} are damaged from ${found.damaged[0]!.name} on; preparing them again.`,
      )
    return yield* extend(found)
  })
  // A long download may break any number of times, as long as it gets on between them.
  const persistently = (before: number): Effect.Effect<Prepared, DataError> =>
    once.pipe(
      Effect.retry(politely),
      Effect.catch((error) => (error.retryable && written > before ? persistently(written) : Effect.fail(error))),
    )
  const prepared = yield* persistently(0)
  const { shards, tokenizer } = prepared.manifest
  const read = shardReader(entry.folder, shards, tokenizer.vocabulary, spec.repeat)
  return yield* corpusOf({ key, source: documents.identity, prepared, read }, need, spec.repeat)
})
