/** Files that the program hands over, for places without files: prepared in memory, the tokens those of Node. */
import { Effect } from "effect"
import type { Corpus } from "./Corpus.ts"
import { corpusOf, keyOf } from "./corpusOf.ts"
import { DataError, dataError, fileError, quoted } from "./DataError.ts"
import type { FilesSource, Need } from "./DataSpec.ts"
import type { Shard } from "./Manifest.ts"
import { orderDocuments, WHOLE_SHUFFLE_BYTES } from "./order.ts"
import { type OnProgress, prepare, type Shelf } from "./prepare.ts"
import { readShards } from "./readShards.ts"
import { sha256 } from "./sha256.ts"
import type { DocumentFile } from "./source/Documents.ts"
import { formatOf } from "./source/format.ts"
import { decodeText, fileDocument, lineDocuments } from "./source/text.ts"
import type { TextSpec } from "./TextOpener.ts"
import { bytesOf, type Tokens } from "./TokenBuffer.ts"
import { bytesTokenizer } from "./tokenizer/bytes.ts"

/** Contents by the path that a study names them by. */
export type GivenFiles = Readonly<Record<string, Blob>>

type GivenSpec = TextSpec & { readonly source: FilesSource }

/** Whether any file of the source was handed over: then none comes from elsewhere. */
export const isGiven = (spec: TextSpec, files: GivenFiles): spec is GivenSpec =>
  spec.source.kind === "files" && spec.source.paths.some((path) => Object.hasOwn(files, path))

/** What of it cannot be had in memory, as a sentence. */
const refusal = ({ source, tokenizer }: GivenSpec, files: GivenFiles): string | undefined => {
  const missing = source.paths.filter((path) => !Object.hasOwn(files, path))
  if (missing.length > 0)
    return `Some files of the source were handed over, but not ${quoted(missing)}: hand over all of them, or none.`
  if (source.format !== "text" && source.format !== "lines")
    return `source.format is "${source.format}", but files handed over are text: use "text" or "lines".`
  if (tokenizer.kind !== "bytes")
    return `tokenizer.kind is "${tokenizer.kind}", but files handed over are read as bytes: use "bytes".`
  const bytes = source.paths.reduce((sum, path) => sum + files[path]!.size, 0)
  if (bytes > WHOLE_SHUFFLE_BYTES)
    return `The files handed over have ${bytes} bytes, more than ${WHOLE_SHUFFLE_BYTES} can be held in memory: take a part of them.`
  return undefined
}

const once = async function* (bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

const fileOf = (name: string, bytes: Uint8Array, { format, after }: FilesSource): DocumentFile => ({
  name,
  bytes: bytes.length,
  documents: () => {
    const text = decodeText(name, once(bytes))
    return format === "text" ? fileDocument(text) : lineDocuments(text, after)
  },
})

/** Prepared tokens that end with the program. */
const inMemory = () => {
  const shards: Array<Tokens> = []
  const entry = (name: string, tokens: Tokens): Shard => ({
    name,
    sha256: sha256(bytesOf(tokens)),
    tokens: tokens.length,
  })
  const shelf: Shelf = {
    folder: "memory",
    create: async () => undefined,
    writeTokenizer: async () => {},
    writeValidation: async (tokens) => entry("validation.bin", tokens),
    writeShard: async (index, tokens) => {
      shards[index] = tokens
      return entry(`shard-${String(index).padStart(5, "0")}.bin`, tokens)
    },
    writeManifest: async () => {},
  }
  return { shelf, load: (index: number) => shards[index]! }
}

/** Opens files that were handed over: the corpus that the same files are on disk. */
export const openGiven = Effect.fnUntraced(function* (
  spec: GivenSpec,
  files: GivenFiles,
  need: Need,
  onProgress: OnProgress,
): Effect.fn.Return<Corpus, DataError> {
  const problem = refusal(spec, files)
  if (problem !== undefined) return yield* dataError("InvalidSpec", problem)
  const { source, repeat } = spec
  const attempt = <A>(run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, DataError> =>
    Effect.tryPromise({ try: (signal) => run(signal), catch: (cause) => cause }).pipe(
      Effect.catch((cause) => (cause instanceof DataError ? Effect.fail(cause) : Effect.die(cause))),
    )
  const read = yield* Effect.forEach(source.paths, (path) =>
    attempt(() =>
      files[path]!.arrayBuffer().then(
        (buffer) => new Uint8Array(buffer),
        (cause) => {
          throw fileError(cause, path)
        },
      ),
    ),
  )
  const identity = { kind: "files", format: formatOf(source), files: read.map((bytes) => sha256(bytes)) }
  const { shelf, load } = inMemory()
  const prepared = yield* attempt((signal) =>
    prepare({
      spec,
      order: orderDocuments(source.paths.map((path, i) => fileOf(path, read[i]!, source))),
      entry: shelf,
      found: undefined,
      tokens: need.tokens + 1,
      tokenizer: async () => bytesTokenizer(),
      onProgress,
      onShard: () => {},
      signal,
    }),
  )
  const { shards, tokenizer } = prepared.manifest
  const tokens = readShards(shards, tokenizer.vocabulary, repeat, load)
  return yield* corpusOf({ key: keyOf(identity, spec), source: identity, prepared, read: tokens }, need, repeat)
})
