/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as
 * 1, 2, 3" (SC 2011), section 3.3: a keyed bijection of 128-bit counters made of ten rounds of multiply-and-xor.
 * Checked against the known-answer vectors of the authors' Random123 library.
 */

const MULTIPLIER_0_LOW = 0x1f53
const MULTIPLIER_0_HIGH = 0xd251
const MULTIPLIER_0 = 0xd2511f53 | 0
const MULTIPLIER_1_LOW = 0x8d57
const MULTIPLIER_1_HIGH = 0xcd9e
const MULTIPLIER_1 = 0xcd9e8d57 | 0
const WEYL_0 = 0x9e3779b9 | 0
const WEYL_1 = 0xbb67ae85 | 0
const ROUNDS = 10

/** High 32 bits of the unsigned product of `a` and the constant `high * 2^16 + low`, from 16-bit halves. */
const multiplyHigh = (a: number, low: number, high: number): number => {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const middle = Math.imul(aHigh, low) + (Math.imul(aLow, low) >>> 16)
  const carry = Math.imul(aLow, high) + (middle & 0xffff)
  return (Math.imul(aHigh, high) + (middle >>> 16) + (carry >>> 16)) | 0
}

/**
 * Encrypts the 128-bit counter `(c0, c1, c2, c3)` under the 64-bit key `(k0, k1)` (32-bit words, least significant
 * first) and writes four 32-bit words to `out`.
 */
export const philox4x32 = (
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
): void => {
  // Signed 32-bit integers throughout: V8 keeps them in registers; `out` makes them unsigned.
  c0 |= 0
  c1 |= 0
  c2 |= 0
  c3 |= 0
  k0 |= 0
  k1 |= 0
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(c0, MULTIPLIER_0_LOW, MULTIPLIER_0_HIGH)
    const low0 = Math.imul(c0, MULTIPLIER_0)
    const high1 = multiplyHigh(c2, MULTIPLIER_1_LOW, MULTIPLIER_1_HIGH)
    const low1 = Math.imul(c2, MULTIPLIER_1)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + WEYL_0) | 0
    k1 = (k1 + WEYL_1) | 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}
