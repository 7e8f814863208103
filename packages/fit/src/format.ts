/** Numbers as people of the field write them, for messages. */

export const significant = (x: number, digits = 3): string =>
  Number.isFinite(x) ? String(Number(x.toPrecision(digits))) : String(x)

/** Tokens: a round number as it is, anything else as a power of two. */
export const tokensText = (x: number): string => {
  const octave = Math.log2(x)
  const whole = Math.round(octave)
  if (Math.abs(octave - whole) < 1e-9 && whole >= 5) return `2^${whole}`
  const round = Number(x.toPrecision(2))
  if (x < 2 ** 5 || Math.abs(x - round) < 1e-9 * x)
    return x >= 1e6 ? round.toExponential().replace("e+", "e") : significant(x, 4)
  return `2^${significant(octave, 4)}`
}

export const etaText = (x: number): string => {
  const octave = Math.log2(x)
  const half = Math.round(2 * octave) / 2
  return Math.abs(octave - half) < 1e-6 ? `2^${half}` : significant(x)
}

/** A count with its noun. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
