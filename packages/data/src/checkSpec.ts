import { Effect } from "effect"
import { dataError, type DataError } from "./DataError.ts"
import type { DataSpec, Need } from "./DataSpec.ts"

const whole = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least

/** The first thing wrong with `spec` for this `need`, as a sentence; `undefined` when nothing is. */
const complaint = ({ source, tokenizer, validation, seed }: DataSpec, need: Need): string | undefined => {
  if (!whole(need.seqLen, 1)) return `The sequence length is ${need.seqLen}: give a whole number of tokens, 1 or more.`
  if (!whole(need.tokens, 0)) return `The horizon is ${need.tokens}: give a whole number of tokens.`
  if (!whole(validation.tokens, 1)) return `validation.tokens is ${validation.tokens}: give a whole number, 1 or more.`
  if (validation.tokens < need.seqLen)
    return `validation.tokens is ${validation.tokens}, less than one sequence of ${need.seqLen}: give at least ${need.seqLen}.`
  for (const [field, value] of [["seed", seed], ["validation.seed", validation.seed]] as const)
    if (!Number.isSafeInteger(value)) return `${field} is ${value}: give a whole number.`
  if ((source.kind === "synthetic") !== (tokenizer.kind === "none"))
    return source.kind === "synthetic"
      ? `tokenizer.kind is "${tokenizer.kind}", but a synthetic source gives tokens directly: use "none".`
      : `tokenizer.kind is "none", but a ${source.kind} source gives text: use "bytes" or "bpe".`
  // 65536 keeps a pair of ids in one number; larger vocabularies belong to ready-made tokenizers.
  if (tokenizer.kind === "bpe" && !(whole(tokenizer.vocabulary, 258) && tokenizer.vocabulary <= 65536))
    return `tokenizer.vocabulary is ${tokenizer.vocabulary}: a byte-level BPE has 258 to 65536 tokens (256 bytes, the end of a document, and at least one merge).`
  switch (source.kind) {
    case "synthetic":
      if (!(whole(source.vocabulary, 2) && source.vocabulary <= 2 ** 20))
        return `source.vocabulary is ${source.vocabulary}: give a whole number from 2 to 1048576.`
      if (!(whole(source.order, 0) && source.order <= 8)) return `source.order is ${source.order}: give a whole number from 0 to 8.`
      return Number.isSafeInteger(source.seed) ? undefined : `source.seed is ${source.seed}: give a whole number.`
    case "hub":
      if (!/^[\w.-]+(\/[\w.-]+)?$/.test(source.repo))
        return `source.repo is "${source.repo}": give a dataset as owner/name, like "allenai/c4".`
      return source.text === "" ? `source.text is empty: name the column that holds the text.` : undefined
    case "package":
      return source.files.length === 0 ? `source.files is empty: name the files of "${source.name}" to read.` : undefined
    case "files": {
      if (source.paths.length === 0) return `source.paths is empty: name the files to read.`
      const tabular = source.format === "jsonl" || source.format === "parquet"
      if (tabular && (source.text ?? "") === "")
        return `source.text is missing: name the column of the ${source.format} files that holds the text.`
      return undefined
    }
  }
}

/** Fails with `InvalidSpec` and the first thing wrong, before anything is read. */
export const checkSpec = (spec: DataSpec, need: Need): Effect.Effect<void, DataError> => {
  const found = complaint(spec, need)
  return found === undefined ? Effect.void : Effect.fail(dataError("InvalidSpec", found))
}
