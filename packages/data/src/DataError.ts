import { Schema } from "effect"

/** What went wrong, for a program to act on. */
export const DataReason = Schema.Literals([
  /** A field of the spec, or a combination, that means nothing. */
  "InvalidSpec",
  /** The horizon is longer than the corpus; `have` and `need` are tokens. */
  "CorpusTooShort",
  "EmptyCorpus",
  "BinaryCorpus",
  "MissingColumn",
  "MalformedRecord",
  /** A path, package, repository, revision or file that does not exist. */
  "NotFound",
  /** 401 or 403 from the hub. */
  "Unauthorized",
  "HubUnreachable",
  /** Any other refusal of the hub. */
  "HubFailed",
  "TruncatedFile",
  /** A file that cannot be read though it exists. */
  "Unreadable",
  /** The prepared tokens cannot be written or read back. */
  "CacheFailed",
])
export type DataReason = typeof DataReason.Type

/** The one error of this package: `message` is a sentence for a person, with the way out. */
export class DataError extends Schema.TaggedError<DataError>()("DataError", {
  reason: DataReason,
  message: Schema.String,
  /** Whether the same request may succeed later. */
  retryable: Schema.Boolean,
  have: Schema.optionalKey(Schema.Number),
  need: Schema.optionalKey(Schema.Number),
}) {}

/** A `DataError` that asking again does not cure. */
export const dataError = (reason: DataReason, message: string): DataError =>
  new DataError({ reason, message, retryable: false })

/** Names in a sentence: the first few of many. */
export const quoted = (names: ReadonlyArray<string>): string => {
  const shown = names.slice(0, 8).map((name) => `"${name}"`)
  return `${shown.join(", ")}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ""}`
}

const codeOf = (cause: unknown): string | undefined => (cause as NodeJS.ErrnoException | undefined)?.code

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** What an operation on the file `name` threw, as a `DataError`. */
export const fileError = (cause: unknown, name: string): DataError => {
  if (cause instanceof DataError) return cause
  const code = codeOf(cause)
  if (code === "ENOENT")
    return dataError("NotFound", `"${name}" does not exist: check the path, relative ones start at the study's folder.`)
  if (code === "EISDIR") return dataError("NotFound", `"${name}" is a folder: name the files in it.`)
  if (code === "Z_BUF_ERROR" || code?.startsWith("ZSTD_") === true)
    return dataError("TruncatedFile", `"${name}" ends in the middle of its compressed data: fetch it again.`)
  if (code === "Z_DATA_ERROR")
    return dataError("Unreadable", `"${name}" is not valid compressed data (${messageOf(cause)}): fetch it again.`)
  return dataError("Unreadable", `"${name}" cannot be read: ${messageOf(cause)}.`)
}

/** What an operation on the cache threw, as a `DataError`. */
export const cacheError = (cause: unknown, folder: string): DataError => {
  const full = codeOf(cause) === "ENOSPC"
  const why = full ? "the disk is full" : messageOf(cause)
  const remedy = full ? "free some space" : "check its permissions"
  return dataError(
    "CacheFailed",
    `The token cache "${folder}" failed: ${why}; ${remedy}, or name another folder as \`cacheFolder\`.`,
  )
}
