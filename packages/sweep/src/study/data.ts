/** Short forms of `data` in a study, and what follows from it. */
import type { DataSpec } from "@ts/backend"
import { Predicate } from "effect"
import type { Loose } from "./loose.ts"

type Fields = Record<string, Loose>

/** Short forms by their telling field, and the fields of the source that go with it. */
const shortForms: Record<
  string,
  { readonly kind: string; readonly as?: string; readonly fields: ReadonlyArray<string> }
> = {
  hub: { kind: "hub", as: "repo", fields: ["revision", "config", "split", "files", "text"] },
  package: { kind: "package", as: "name", fields: ["version", "files", "documents", "after"] },
  paths: { kind: "files", as: "paths", fields: ["format", "text", "after"] },
  synthetic: { kind: "synthetic", fields: [] },
}

const defined = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const tokenizer = (short: unknown, source: unknown): unknown => {
  if (typeof short === "string") return { kind: short }
  if (short === undefined && Predicate.isObject(source) && (source as Fields)["kind"] === "synthetic") {
    return { kind: "none" }
  }
  return Predicate.isObject(short) && "bpe" in short ? { kind: "bpe", vocabulary: short.bpe } : short
}

/**
 * `{ hub: "allenai/c4", config: "en", text: "text", tokenizer: { bpe: 1024 } }` written out as a `DataSpec`.
 * Validation: 65536 tokens by default. What is no short form passes through.
 */
export const expandData = (short: unknown): unknown => {
  if (!Predicate.isObject(short)) return short
  const { tokenizer: token, ...fields } = short as Fields
  const form = Object.keys(shortForms).find((key) => key in fields)
  if (form !== undefined && !("source" in fields)) {
    const { kind, as, fields: own } = shortForms[form]
    const source: Fields = { kind, ...(as === undefined ? fields[form] : { [as]: fields[form] }) }
    delete fields[form]
    // A field that the form does not have stays behind, and is refused as unknown.
    for (const key of own) {
      if (key in fields) source[key] = fields[key]
      delete fields[key]
    }
    fields["source"] = source
  }
  return {
    validation: { tokens: 65536, seed: 0 },
    seed: 0,
    ...fields,
    ...defined({ tokenizer: tokenizer(token, fields["source"]) }),
  }
}

/** Vocabularies as the tokenizers have them, padded to a multiple of 16. */
export const vocabularyOf = (data: unknown): number | undefined => {
  const { tokenizer: t, source } = (data ?? {}) as { tokenizer?: DataSpec["tokenizer"]; source?: DataSpec["source"] }
  const padded = (n: number) => Math.ceil(n / 16) * 16
  switch (t?.kind) {
    case "bytes":
      return padded(257)
    case "bpe":
      return padded(t.vocabulary)
    case "gpt2":
      return padded(50257)
    case "gpt-neox":
      return padded(50277)
    case "none":
      return source?.kind === "synthetic" ? source.vocabulary : undefined
    default:
      return undefined
  }
}
