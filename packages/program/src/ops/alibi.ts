/**
 * ALiBi slopes of H heads (Press et al. 2022), as MPT computes them with `alibi_bias_max` 8: with P the least
 * power of two >= H, `2^(-8 (h + 1) / P)`; where P > H the odd places come first, then the even ones.
 */
export const alibiSlopes = (heads: number): Float64Array => {
  let power = 1
  while (power < heads) power *= 2
  const all = Float64Array.from({ length: power }, (_, h) => 2 ** ((-8 * (h + 1)) / power))
  if (power === heads) return all
  return Float64Array.from([...all.filter((_, h) => h % 2 === 1), ...all.filter((_, h) => h % 2 === 0)]).slice(0, heads)
}
