import { createReadStream } from "node:fs"
import { open } from "node:fs/promises"
import { fileError } from "../DataError.ts"
import type { DocumentFile } from "./Documents.ts"
import type { Format } from "./format.ts"
import { inflate } from "./inflate.ts"
import { jsonlDocuments } from "./jsonl.ts"
import { parquetDocuments } from "./parquet.ts"
import { decodeText, fileDocument, lineDocuments } from "./text.ts"

async function* parquetFrom(path: string, name: string, column: string): AsyncIterable<ReadonlyArray<string>> {
  const handle = await open(path)
  try {
    const byteLength = (await handle.stat()).size
    const slice = async (start: number, end = byteLength): Promise<ArrayBuffer> => {
      const bytes = new Uint8Array(end - start)
      await handle.read(bytes, 0, bytes.length, start)
      return bytes.buffer
    }
    yield* parquetDocuments(name, { byteLength, slice }, column)
  } finally {
    await handle.close()
  }
}

const documentsOf = (path: string, name: string, format: Format): AsyncIterable<ReadonlyArray<string>> => {
  if (format.kind === "parquet") return parquetFrom(path, name, format.text)
  const text = decodeText(name, inflate(name, createReadStream(path)))
  if (format.kind === "text") return fileDocument(text)
  return format.kind === "lines" ? lineDocuments(text, format.after) : jsonlDocuments(name, text, format.text)
}

async function* withFileErrors<A>(name: string, items: () => AsyncIterable<A>): AsyncIterable<A> {
  try {
    yield* items()
  } catch (cause) {
    throw fileError(cause, name)
  }
}

/** The file at `path`, called `name` in messages and identities. */
export const localFile = (path: string, name: string, bytes: number, format: Format): DocumentFile => ({
  name,
  bytes,
  documents: () => withFileErrors(name, () => documentsOf(path, name, format)),
})
