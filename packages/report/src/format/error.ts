/** Decimals that a standard error leaves meaning to, at most `most`. */
export const decimalsFor = (error: number, most: number): number => {
  if (!(error > 0)) return most
  const rounded = Number(error.toPrecision(1))
  return Math.min(most, Math.max(0, -Math.floor(Math.log10(rounded))))
}

/**
 * A value with its standard error in the last digit in brackets, as `-8.8(1)`; `(?)` where the error is unknown. An error below the
 * last decimal shown is rounded up to it.
 */
export const withError = (
  value: number,
  error: number | undefined,
  options: { readonly most?: number; readonly unknown?: number } = {},
): string => {
  const { most = 3, unknown = 1 } = options
  if (error === undefined || Number.isNaN(error)) return `${fixed(value, unknown)}(?)`
  if (!Number.isFinite(error)) return `${fixed(value, 0)}(large)`
  const decimals = decimalsFor(error, most)
  const digits = Math.max(1, Math.round(error * 10 ** decimals))
  return `${fixed(value, decimals)}(${digits})`
}

/** `+0.23 ± 0.10`: two digits of the error, for slopes and differences. */
export const plusMinus = (value: number, error: number | undefined): string => {
  if (error === undefined) return `${signed(value, 2)}, error unknown`
  const decimals = Math.min(4, Math.max(2, decimalsFor(error, 4)))
  return `${signed(value, decimals)} ± ${error.toFixed(decimals)}`
}

export const signed = (value: number, decimals: number): string => {
  const text = fixed(value, decimals)
  return value > 0 && Number(text) !== 0 ? `+${text}` : text
}

/** Fixed decimals without a negative zero. */
export const fixed = (value: number, decimals: number): string => value.toFixed(decimals).replace(/^-(0(\.0*)?)$/, "$1")

/** Up to `digits` significant digits, plain where that is short. */
export const significant = (x: number, digits = 2): string =>
  Number.isFinite(x) ? String(Number(x.toPrecision(digits))) : String(x)
