import { type Duplex, pipeline, Readable } from "node:stream"
import { createGunzip, createZstdDecompress } from "node:zlib"

type Chunks = AsyncIterable<Uint8Array>

/** Passes `source` through `inflater`; an error or an early end on either side closes both. */
async function* through(source: Chunks, inflater: Duplex): Chunks {
  pipeline(Readable.from(source, { objectMode: false }), inflater, () => {}) // its errors come out of the loop below
  for await (const chunk of inflater) yield chunk as Uint8Array
}

/** The content of the file `name`, decompressed if its name ends in `.gz` or `.zst`. */
export const inflate = (name: string, source: Chunks): Chunks => {
  if (name.endsWith(".gz")) return through(source, createGunzip())
  if (name.endsWith(".zst")) return through(source, createZstdDecompress())
  return source
}
