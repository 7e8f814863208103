/** Which tokens a run reads, in which order. Never an absolute path: a study means the same on another machine. */
import { Effect, Schema } from "effect"

const Seed = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Names = Schema.NonEmptyArray(Schema.NonEmptyString)

export const DataSource = Schema.Union([
  /** A dataset of a Hugging Face hub. */
  Schema.Struct({
    kind: Schema.Literal("hub"),
    repo: Schema.NonEmptyString,
    revision: Schema.optionalKey(Schema.NonEmptyString),
    /** Folder of the dataset, e.g. `en` of allenai/c4. */
    config: Schema.optionalKey(Schema.NonEmptyString),
    split: Schema.optionalKey(Schema.NonEmptyString),
    /** Paths or path prefixes in the repository; overrides `config` and `split`. */
    files: Schema.optionalKey(Names),
    /** The column that holds the text. */
    text: Schema.NonEmptyString,
  }),
  /** Files of an installed npm package. */
  Schema.Struct({
    kind: Schema.Literal("package"),
    name: Schema.NonEmptyString,
    version: Schema.NonEmptyString,
    files: Names,
    documents: Schema.Literals(["line", "file"]),
    /** A line's text starts after the first occurrence of this; lines without it are skipped. */
    after: Schema.optionalKey(Schema.NonEmptyString),
  }),
  /** Local files, relative to the study. */
  Schema.Struct({
    kind: Schema.Literal("files"),
    paths: Names,
    format: Schema.Literals(["text", "lines", "jsonl", "parquet"]),
    text: Schema.optionalKey(Schema.NonEmptyString),
    after: Schema.optionalKey(Schema.NonEmptyString),
  }),
  /** An infinite Markov chain over `vocabulary` tokens. */
  Schema.Struct({
    kind: Schema.Literal("synthetic"),
    vocabulary: Schema.Int.check(Schema.isGreaterThan(1)),
    order: Schema.Int.check(Schema.isGreaterThan(0)),
    seed: Seed,
  }),
])

export const Tokenizer = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("bytes") }),
  /** Byte-level BPE trained on the corpus. */
  Schema.Struct({ kind: Schema.Literal("bpe"), vocabulary: Schema.Int.check(Schema.isGreaterThan(257)) }),
  Schema.Struct({ kind: Schema.Literal("gpt2") }),
  Schema.Struct({ kind: Schema.Literal("gpt-neox") }),
  /** For sources that are tokens already. */
  Schema.Struct({ kind: Schema.Literal("none") }),
])

export const DataSpec = Schema.Struct({
  source: DataSource,
  tokenizer: Tokenizer,
  /** The fixed validation set: documents drawn at random by `seed`, at least this many tokens. */
  validation: Schema.Struct({ tokens: Schema.Int.check(Schema.isGreaterThan(0)), seed: Seed }),
  /** Order of the training documents. */
  seed: Seed,
  /** Start again at the beginning when the corpus ends. */
  repeat: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
})
export type DataSpec = typeof DataSpec.Type
