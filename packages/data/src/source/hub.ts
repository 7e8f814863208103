import { mkdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { canonicalHash } from "@ts/backend"
import { Option, Redacted, Schema } from "effect"
import { DataError, dataError } from "../DataError.ts"
import type { HubSource } from "../DataSpec.ts"
import { replaceFile } from "../replaceFile.ts"
import type { DocumentFile, DocumentSource } from "./Documents.ts"
import { hubError } from "./hubError.ts"
import { inflate } from "./inflate.ts"
import { jsonlDocuments } from "./jsonl.ts"
import { parquetDocuments } from "./parquet.ts"
import { type HubFile, hubFormat, selectHubFiles } from "./selectHubFiles.ts"
import { decodeText } from "./text.ts"

/** How to reach the hub. */
export interface HubAccess {
  readonly url: string
  readonly token: Option.Option<Redacted.Redacted<string>>
}

/** What a source was found to be at its first use. */
const Pin = Schema.Struct({
  commit: Schema.String,
  files: Schema.Array(Schema.Struct({ path: Schema.String, bytes: Schema.Number })),
})
type Pin = typeof Pin.Type
const decodePin = Schema.decodeUnknownSync(Schema.fromJsonString(Pin))

const hostOf = (url: string): string => new URL(url).host

const accessParams = ({ url, token }: HubAccess) => {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw dataError(
      "InvalidSpec",
      "The hub's address (HF_ENDPOINT) is not a URL: give one like https://huggingface.co.",
    )
  return {
    hubUrl: url.replace(/\/+$/, ""),
    ...(Option.isSome(token) ? { accessToken: Redacted.value(token.value) } : {}),
  }
}

const asError = (cause: unknown, what: string, access: HubAccess): DataError =>
  cause instanceof DataError ? cause : hubError(cause, what, hostOf(access.url))

const isStatus = (cause: unknown, status: number): boolean =>
  (cause as { statusCode?: unknown } | null)?.statusCode === status

/** The commit that `source.revision` (the default branch without it) stands for now. */
const resolveCommit = async (source: HubSource, access: HubAccess): Promise<string> => {
  const { datasetInfo } = await import("@huggingface/hub")
  const what = `dataset "${source.repo}"`
  const info = (revision: string | undefined) =>
    datasetInfo({
      name: source.repo,
      additionalFields: ["sha"],
      ...(revision === undefined ? {} : { revision }),
      ...accessParams(access),
    })
  try {
    return (await info(source.revision)).sha ?? source.revision ?? "main"
  } catch (cause) {
    if (source.revision === undefined || !isStatus(cause, 404)) throw asError(cause, what, access)
  }
  // 404 for the repository or for the revision? The default branch tells.
  await info(undefined).catch((cause) => {
    throw asError(cause, what, access)
  })
  throw dataError(
    "NotFound",
    `The dataset "${source.repo}" has no revision "${source.revision}" (404): name a branch, tag or commit of it.`,
  )
}

const list = async (
  source: HubSource,
  commit: string,
  access: HubAccess,
  path?: string,
): Promise<ReadonlyArray<HubFile>> => {
  const { listFiles } = await import("@huggingface/hub")
  const found: Array<HubFile> = []
  try {
    const entries = listFiles({
      repo: { type: "dataset", name: source.repo },
      revision: commit,
      recursive: true,
      ...(path === undefined ? {} : { path }),
      ...accessParams(access),
    })
    for await (const entry of entries) if (entry.type === "file") found.push({ path: entry.path, bytes: entry.size })
  } catch (cause) {
    // A folder that does not exist: the listing of everything says what does.
    if (path !== undefined && isStatus(cause, 404)) return list(source, commit, access)
    throw asError(cause, `dataset "${source.repo}"`, access)
  }
  return found
}

const look = async (source: HubSource, access: HubAccess): Promise<Pin> => {
  const commit = await resolveCommit(source, access)
  // Listing one folder of a large repository spares thousands of entries.
  const listing = await list(source, commit, access, source.files === undefined ? source.config : undefined)
  return { commit, files: selectHubFiles(source, listing) }
}

/** Looked up once and kept, so that a resumed run reads the same commit, and needs no network for what is prepared. */
const pinned = async (source: HubSource, access: HubAccess, cacheFolder: string): Promise<Pin> => {
  const folder = join(cacheFolder, "hub")
  const file = join(folder, `${canonicalHash({ ...source, text: undefined })}.json`)
  const known = await readFile(file, "utf8")
    .then(decodePin)
    .catch(() => undefined)
  if (known !== undefined) return known
  const pin = await look(source, access)
  await mkdir(folder, { recursive: true })
  await replaceFile(file, JSON.stringify(pin))
  return pin
}

const blobOf = async (
  repo: { type: "dataset" | "model"; name: string },
  path: string,
  revision: string,
  access: HubAccess,
): Promise<Blob> => {
  const { downloadFile } = await import("@huggingface/hub")
  const blob = await downloadFile({ repo, path, revision, ...accessParams(access) })
  if (blob === null)
    throw dataError("NotFound", `The hub at ${hostOf(access.url)} has no file "${path}" in "${repo.name}" (404).`)
  return blob
}

async function* download(
  source: HubSource,
  path: string,
  commit: string,
  access: HubAccess,
): AsyncIterable<ReadonlyArray<string>> {
  const name = `${source.repo}/${path}`
  try {
    const blob = await blobOf({ type: "dataset", name: source.repo }, path, commit, access)
    if (hubFormat(path) === "parquet") {
      const slice = (start: number, end = blob.size) => blob.slice(start, end).arrayBuffer()
      yield* parquetDocuments(name, { byteLength: blob.size, slice }, source.text)
    } else yield* jsonlDocuments(name, decodeText(name, inflate(path, blob.stream())), source.text)
  } catch (cause) {
    throw asError(cause, `file "${name}"`, access)
  }
}

/** Files of a dataset on the hub; known by repository, commit and paths, not by which mirror served them. */
export const findHub = async (source: HubSource, access: HubAccess, cacheFolder: string): Promise<DocumentSource> => {
  const { commit, files } = await pinned(source, access, cacheFolder)
  return {
    identity: { kind: "hub", repo: source.repo, commit, files: files.map(({ path }) => path), text: source.text },
    files: files.map(
      ({ path, bytes }): DocumentFile => ({
        name: path,
        bytes,
        documents: () => download(source, path, commit, access),
      }),
    ),
  }
}

/** A file of a model repository as text, kept in the cache. */
export const modelFile = async (
  repo: string,
  path: string,
  access: HubAccess,
  cacheFolder: string,
): Promise<string> => {
  const folder = join(cacheFolder, "models", repo)
  const file = join(folder, path)
  const known = await readFile(file, "utf8").catch(() => undefined)
  if (known !== undefined) return known
  let text: string
  try {
    text = await (await blobOf({ type: "model", name: repo }, path, "main", access)).text()
  } catch (cause) {
    throw asError(cause, `file "${repo}/${path}"`, access)
  }
  await mkdir(folder, { recursive: true })
  await replaceFile(file, text)
  return text
}
