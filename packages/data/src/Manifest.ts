import { Schema } from "effect"

const Position = Schema.Struct({ file: Schema.Number, document: Schema.Number })

/** A file of tokens: little endian, 2 bytes each up to a vocabulary of 65536, 4 above. */
export const Shard = Schema.Struct({ name: Schema.String, sha256: Schema.String, tokens: Schema.Number })
export type Shard = typeof Shard.Type

/** What lies prepared in a folder of the cache. */
export const Manifest = Schema.Struct({
  version: Schema.Literal(1),
  tokenizer: Schema.Struct({ hash: Schema.String, vocabulary: Schema.Number, endOfDocument: Schema.Number }),
  validation: Schema.Struct({ ...Shard.fields, documents: Schema.Array(Schema.Number) }),
  /** Each with where the one after it starts. */
  shards: Schema.Array(Schema.Struct({ ...Shard.fields, next: Position })),
  /** Whether the shards are the whole corpus. */
  complete: Schema.Boolean,
})
export type Manifest = typeof Manifest.Type

export const decodeManifest = Schema.decodeUnknownSync(Schema.fromJsonString(Manifest))
