/** float16 numbers of a GPU as float32, two to a word: IEEE 754 binary16, exactly. */

const widen = (bits: number): number => {
  const sign = (bits & 0x8000) === 0 ? 1 : -1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

export const fromHalves = (bytes: ArrayBuffer, count: number): Float32Array =>
  Float32Array.from(new Uint16Array(bytes, 0, count), widen)
