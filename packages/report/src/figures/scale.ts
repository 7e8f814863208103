import type { ScaleOptions } from "@observablehq/plot"

const superscripts: Readonly<Record<string, string>> = Object.fromEntries(
  [..."0123456789-."].map((c, i) => [c, [..."⁰¹²³⁴⁵⁶⁷⁸⁹⁻·"][i]]),
)

/** `2^-8` as `2⁻⁸`, for text in figures; anything else stays. */
export const raised = (label: string): string =>
  label.replace(/\^(-?\d+(?:\.\d+)?)/g, (_, exponent: string) => [...exponent].map((c) => superscripts[c]).join(""))

/** Ends of a range with a margin, in the unit given. */
export const padded = (values: ReadonlyArray<number>, margin: number): [number, number] => {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return [0, 1]
  const low = finite.reduce((a, b) => Math.min(a, b))
  const high = finite.reduce((a, b) => Math.max(a, b))
  return [low - margin, high + margin]
}

const strides = [0.05, 0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 10, 20]

/** A linear axis over log2 values, with at most `most` ticks written `2^k`, at whole octaves where there are two of them. */
export const octaveAxis = (
  label: string,
  domain: readonly [number, number],
  most = 9,
): ScaleOptions & { readonly ticks: Array<number> } => {
  const span = domain[1] - domain[0]
  const whole = Math.floor(domain[1]) - Math.ceil(domain[0]) >= 1
  const stride = strides.find((s) => span / s <= most && (s >= 1 || !whole)) ?? 50
  const ticks: Array<number> = []
  for (let k = Math.ceil(domain[0] / stride); k * stride <= domain[1]; k++) ticks.push(Number((k * stride).toFixed(2)))
  return {
    label,
    labelArrow: "none",
    domain: [...domain],
    ticks,
    tickFormat: (k: number) => raised(`2^${k}`),
  }
}
