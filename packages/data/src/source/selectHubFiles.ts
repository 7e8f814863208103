import { dataError } from "../DataError.ts"
import type { HubSource } from "../DataSpec.ts"

/** A file of a repository, as its listing tells. */
export interface HubFile {
  readonly path: string
  readonly bytes: number
}

const JSONL = /\.(jsonl?|ndjson)(\.gz|\.zst)?$/
const PARQUET = /\.parquet$/

/** How a data file of the hub is read; `undefined` for files that are no data. */
export const hubFormat = (path: string): "jsonl" | "parquet" | undefined => {
  if (PARQUET.test(path)) return "parquet"
  return JSONL.test(path) ? "jsonl" : undefined
}

const some = (names: ReadonlyArray<string>): string => {
  const shown = names.slice(0, 8).join(", ")
  return names.length > 8 ? `${shown}, ...` : shown
}

const basename = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

const topFolder = (path: string): string => (path.includes("/") ? path.slice(0, path.indexOf("/")) : ".")

/** Whether the split's name stands as a word of its own in the file's name: `c4-train.00000-of-01024.json.gz`. */
const namesSplit = (path: string, split: string): boolean =>
  basename(path)
    .split(/[^A-Za-z0-9]+/)
    .includes(split)

/** Drops the less common format where a repository holds the same rows twice. */
const oneFormat = (files: ReadonlyArray<HubFile>): ReadonlyArray<HubFile> => {
  const parquet = files.filter(({ path }) => hubFormat(path) === "parquet")
  return parquet.length * 2 > files.length
    ? parquet
    : parquet.length === 0
      ? files
      : files.filter(({ path }) => hubFormat(path) === "jsonl")
}

/** The files of `listing` that `source` asks for, sorted by path. */
export const selectHubFiles = (source: HubSource, listing: ReadonlyArray<HubFile>): ReadonlyArray<HubFile> => {
  const data = listing.filter(({ path }) => hubFormat(path) !== undefined).sort((a, b) => (a.path < b.path ? -1 : 1))
  if (data.length === 0)
    throw dataError("NotFound", `The dataset "${source.repo}" has no .jsonl, .json.gz or .parquet files to read.`)
  if (source.files !== undefined) {
    const wanted = source.files
    const absent = wanted.find((prefix) => !data.some(({ path }) => path.startsWith(prefix)))
    if (absent !== undefined)
      throw dataError(
        "NotFound",
        `The dataset "${source.repo}" has no data file that starts with "${absent}"; it has ${some(data.map(({ path }) => path))}.`,
      )
    return data.filter(({ path }) => wanted.some((prefix) => path.startsWith(prefix)))
  }
  const folders = [...new Set(data.map(({ path }) => topFolder(path)))]
  const { config } = source
  if (config === undefined && folders.length > 1)
    throw dataError(
      "InvalidSpec",
      `The dataset "${source.repo}" has several configurations: give source.config as one of ${some(folders)}, or source.files.`,
    )
  const inConfig = config === undefined ? data : data.filter(({ path }) => path.startsWith(`${config}/`))
  if (inConfig.length === 0)
    throw dataError(
      "NotFound",
      `The dataset "${source.repo}" has no configuration "${config}"; its folders are ${some(folders)}.`,
    )
  const inSplit = inConfig.filter(({ path }) => namesSplit(path, source.split ?? "train"))
  if (inSplit.length > 0) return oneFormat(inSplit)
  if (source.split === undefined) return oneFormat(inConfig)
  throw dataError(
    "NotFound",
    `The dataset "${source.repo}" has no file of the split "${source.split}"; it has ${some(inConfig.map(({ path }) => path))}.`,
  )
}
