import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { resolve } from "node:path"
import { dataError, fileError } from "../DataError.ts"
import type { FilesSource } from "../DataSpec.ts"
import type { DocumentSource } from "./Documents.ts"
import { formatOf } from "./format.ts"
import { localFile } from "./localFile.ts"

/** A larger file is known by its size and its two ends of this many bytes, so that opening it stays quick. */
const HASHED_WHOLE = 2 ** 30
const HASHED_END = 2 ** 24

const hashFile = async (path: string, bytes: number): Promise<string> => {
  const hash = createHash("sha256")
  const add = async (start: number, end: number): Promise<void> => {
    for await (const chunk of createReadStream(path, { start, end })) hash.update(chunk)
  }
  if (bytes <= HASHED_WHOLE) await add(0, Number.POSITIVE_INFINITY)
  else {
    hash.update(`${bytes}/`)
    await add(0, HASHED_END - 1)
    await add(bytes - HASHED_END, bytes - 1)
  }
  return hash.digest("hex")
}

const inspect = async (path: string, name: string): Promise<{ bytes: number; sha256: string }> => {
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw dataError("NotFound", `"${name}" is a folder: name the files in it.`)
    return { bytes: found.size, sha256: await hashFile(path, found.size) }
  } catch (cause) {
    throw fileError(cause, name)
  }
}

/** Local files, known by their content: the same bytes are the same corpus wherever they lie. */
export const findFiles = async (source: FilesSource, base: string): Promise<DocumentSource> => {
  const format = formatOf(source)
  const found = await Promise.all(
    source.paths.map(async (name) => ({
      name,
      path: resolve(base, name),
      ...(await inspect(resolve(base, name), name)),
    })),
  )
  return {
    identity: { kind: "files", format, files: found.map(({ sha256 }) => sha256) },
    files: found.map(({ name, path, bytes }) => localFile(path, name, bytes, format)),
  }
}
