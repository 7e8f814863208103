/**
 * FNV-1a, 64 bits (Fowler, Noll, Vo): short, published, and the same in any language. It only has to give
 * different streams different keys; Philox does the mixing.
 */

/** A 64-bit unsigned integer as two 32-bit halves. */
export interface Word64 {
  readonly low: number
  readonly high: number
}

const OFFSET_BASIS: Word64 = { low: 0x84222325, high: 0xcbf29ce4 }
const PRIME_LOW = 0x1b3 // the prime is 2^40 + 0x1b3

const absorb = (state: Word64, bytes: Uint8Array): Word64 => {
  let { low, high } = state
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0
    const product = low * PRIME_LOW // below 2^41, exact
    high = (high * PRIME_LOW + Math.floor(product / 2 ** 32) + low * 2 ** 8) % 2 ** 32
    low = product >>> 0
  }
  return { low, high }
}

/** The 64-bit FNV-1a hash of the UTF-8 bytes of `text`, or of the given bytes. */
export const hash64 = (text: string | Uint8Array): Word64 =>
  absorb(OFFSET_BASIS, typeof text === "string" ? new TextEncoder().encode(text) : text)

/** The Philox key of `(seed, stream)`: FNV-1a of the seed as 8 little-endian bytes, then the stream's name in UTF-8. */
export const streamKey = (seed: number, stream: string): Word64 => {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, seed >>> 0, true)
  view.setInt32(4, Math.floor(seed / 2 ** 32), true)
  return absorb(hash64(bytes), new TextEncoder().encode(stream))
}
