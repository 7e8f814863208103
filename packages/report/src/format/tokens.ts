const suffixes = ["", "k", "M", "B", "T"]

/** A number of tokens that was set: a power of two as `2^10`, a round decimal as `1.5M`, anything else as `2^16.58`. */
export const tokensLabel = (tokens: number): string => {
  if (!(Number.isFinite(tokens) && tokens > 0)) return String(tokens)
  const octave = Math.log2(tokens)
  const whole = Math.round(octave)
  if (Math.abs(octave - whole) < 1e-6 && whole >= 4) return `2^${whole}`
  return roundDecimal(tokens) ?? `2^${trimmed(octave, 2)}`
}

/** `1.5M` where at most four digits say it exactly. */
const roundDecimal = (x: number): string | undefined => {
  const k = Math.min(suffixes.length - 1, Math.max(0, Math.floor(Math.log10(x) / 3)))
  const scaled = x / 1000 ** k
  const short = Number(scaled.toPrecision(4))
  return Math.abs(short - scaled) < 1e-9 * scaled && short < 1e4 ? `${short}${suffixes[k]}` : undefined
}

/** Three digits and a suffix: `2.68B`. */
export const compactTokens = (x: number): string => {
  const k = Math.min(suffixes.length - 1, Math.max(0, Math.floor(Math.log10(x) / 3)))
  return `${Number((x / 1000 ** k).toPrecision(3))}${suffixes[k]}`
}

/** Fixed decimals without trailing zeros. */
export const trimmed = (x: number, decimals: number): string => {
  const text = x.toFixed(decimals)
  return decimals === 0 ? text : text.replace(/\.?0+$/, "").replace(/^-0$/, "0")
}

/** A fitted number of tokens or rate, as a power of two: `2^6.5`. */
export const powerOfTwo = (x: number, decimals = 1): string => {
  const octave = Math.log2(x)
  const whole = Math.round(octave)
  return `2^${Math.abs(octave - whole) < 1e-9 ? whole : octave.toFixed(decimals)}`
}

/** Several set numbers of tokens: `2^7 … 2^9` where they follow each other in `all`, else a list. */
export const tokensRange = (some: ReadonlyArray<number>, all: ReadonlyArray<number>): string => {
  const places = some.map((x) => all.indexOf(x))
  const adjacent = places.every((place, i) => i === 0 || place === places[i - 1] + 1)
  return some.length > 2 && adjacent
    ? `${tokensLabel(some[0])} … ${tokensLabel(some[some.length - 1])}`
    : some.map(tokensLabel).join(", ")
}

/** A number of parameters: `1.3e8`. */
export const sizeText = (size: number): string => Number(size.toPrecision(3)).toExponential().replace("e+", "e")
