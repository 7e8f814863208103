import { DataSpec as DataSpecSchema } from "@ts/backend"
import { Effect, Schema } from "effect"
import { type DataError, dataError } from "./DataError.ts"
import type { DataSpec, Need } from "./DataSpec.ts"

/** A pair of BPE ids is kept in one number, and 16 bits hold each. */
const LARGEST_BPE = 65536

const LARGEST_SYNTHETIC = 2 ** 20
const LARGEST_ORDER = 8

/** The first contradiction that the schema of a spec cannot see, as a sentence. */
const contradiction = ({ source, tokenizer, validation }: DataSpec, need: Need): string | undefined => {
  if (!(Number.isSafeInteger(need.seqLen) && need.seqLen >= 1))
    return `The sequence length is ${need.seqLen}: give a whole number of tokens, 1 or more.`
  if (!(Number.isSafeInteger(need.tokens) && need.tokens >= 0))
    return `The horizon is ${need.tokens}: give a whole number of tokens, 0 or more.`
  if (validation.tokens < need.seqLen)
    return `validation.tokens is ${validation.tokens}, less than one sequence of ${need.seqLen}: give at least ${need.seqLen}.`
  if (source.kind === "synthetic" && tokenizer.kind !== "none")
    return `tokenizer.kind is "${tokenizer.kind}", but a synthetic source gives tokens directly: use "none".`
  if (source.kind !== "synthetic" && tokenizer.kind === "none")
    return `tokenizer.kind is "none", but a ${source.kind} source gives text: use "bytes" or "bpe".`
  if (tokenizer.kind === "bpe" && tokenizer.vocabulary > LARGEST_BPE)
    return `tokenizer.vocabulary is ${tokenizer.vocabulary}: give at most ${LARGEST_BPE}.`
  if (source.kind === "synthetic" && source.vocabulary > LARGEST_SYNTHETIC)
    return `source.vocabulary is ${source.vocabulary}: give at most ${LARGEST_SYNTHETIC}.`
  if (source.kind === "synthetic" && source.order > LARGEST_ORDER)
    return `source.order is ${source.order}: give at most ${LARGEST_ORDER}.`
  if (source.kind === "hub" && !/^[\w.-]+(\/[\w.-]+)?$/.test(source.repo))
    return `source.repo is "${source.repo}": give a dataset as owner/name, like "allenai/c4".`
  if (
    source.kind === "files" &&
    (source.format === "jsonl" || source.format === "parquet") &&
    source.text === undefined
  )
    return `source.text is missing: name the column of the ${source.format} files that holds the text.`
  return undefined
}

/** Fails with `InvalidSpec` and the first thing wrong, before anything is read. */
export const checkData = Effect.fnUntraced(function* (spec: DataSpec, need: Need): Effect.fn.Return<void, DataError> {
  yield* Schema.decodeUnknownEffect(DataSpecSchema)(spec).pipe(
    Effect.mapError(({ message }) => dataError("InvalidSpec", `The data description is not valid: ${message}`)),
  )
  const found = contradiction(spec, need)
  if (found !== undefined) return yield* dataError("InvalidSpec", found)
})
