import type { Cell, WidthAgreement } from "./law.ts"
import { lnError } from "./power-law.ts"
import { type Estimate, isEstimate, notIdentified } from "./result.ts"
import { scatterOf, twoSided } from "./student.ts"
import { requireFraction, requirePositive } from "./validate.ts"

/**
 * Whether two widths have the same eta* over the cells they share (same batch, horizon and average): the mean of
 * log2 eta*(second) - log2 eta*(first), with its interval, against a stated margin. `equivalent` needs the whole interval
 * inside the margin: "no significant difference" is not agreement. (With a 90 % interval this is two one-sided tests at 5 %.)
 *
 * Horizons of one batch come from one trunk, so they are averaged first and taken as fully correlated; batches are independent.
 */
export const widthAgreement = (
  first: ReadonlyArray<Cell>,
  second: ReadonlyArray<Cell>,
  options: {
    /** Octaves. Default 0.25. */
    readonly margin?: number
    readonly level?: number
    /** Degrees of freedom behind the standard errors of the cells. Default: known exactly. */
    readonly errorDegrees?: number
  } = {},
): WidthAgreement => {
  const margin = options.margin ?? 0.25
  const level = options.level ?? 0.9
  requirePositive("margin", margin)
  requireFraction("level", level)
  const widths = [first[0]?.width ?? 0, second[0]?.width ?? 0] as const
  const keyed = new Map(first.map((cell) => [`${cell.batch} ${cell.tokens} ${cell.average}`, cell]))
  const byBatch = new Map<number, Array<{ d: number; e: number | undefined }>>()
  let cells = 0
  for (const b of second) {
    const a = keyed.get(`${b.batch} ${b.tokens} ${b.average}`)
    if (a === undefined || !isEstimate(a.eta) || !isEstimate(b.eta)) continue
    const [ea, eb] = [lnError(a.eta), lnError(b.eta)]
    const e = ea === undefined || eb === undefined ? undefined : Math.hypot(ea, eb) / Math.LN2
    const entry = { d: Math.log2(b.eta.value / a.eta.value), e }
    const group = byBatch.get(b.batch)
    if (group === undefined) byBatch.set(b.batch, [entry])
    else group.push(entry)
    cells++
  }
  const none = (message: string): WidthAgreement => ({
    widths,
    difference: notIdentified("too-few-cells", message, cells),
    margin,
    verdict: "not identified",
    cells,
  })
  if (cells === 0) return none("No cell has an identified eta* at both widths: measure the same batches and horizons.")
  const clusters = [...byBatch.values()].map((group) => {
    const errors = group.map((g) => g.e)
    const mean = group.reduce((sum, g) => sum + g.d, 0) / group.length
    return { mean, error: errors.some((e) => e === undefined) ? undefined : average(errors as ReadonlyArray<number>) }
  })
  const k = clusters.length
  const value = average(clusters.map((c) => c.mean))
  const known = clusters.every((c) => c.error !== undefined)
    ? Math.sqrt(clusters.reduce((sum, c) => sum + (c.error as number) ** 2, 0)) / k
    : undefined
  const scatter =
    k < 2 ? undefined : Math.sqrt(clusters.reduce((sum, c) => sum + (c.mean - value) ** 2, 0) / (k - 1) / k)
  if (known === undefined && scatter === undefined)
    return none("One batch in common and no noise level: the doubt of the difference is unknown; measure more batches.")
  const ratio = known === undefined || scatter === undefined ? undefined : ((k - 1) * scatter ** 2) / known ** 2
  const believed = ratio === undefined ? undefined : scatterOf(ratio, k - 1, true, options.errorDegrees)
  const byScatter = known === undefined || (believed !== undefined && believed.scale !== 1)
  const error = byScatter ? (scatter as number) : known
  const half = twoSided(level, byScatter ? k - 1 : (options.errorDegrees ?? Infinity)) * error
  const difference: Estimate = {
    _tag: "Estimate",
    value,
    scale: "linear",
    standardError: error,
    interval: { low: value - half, high: value + half, level },
    n: cells,
    notes: [],
  }
  return { widths, difference, margin, verdict: widthVerdict(value - half, value + half, margin), cells }
}

export const widthVerdict = (low: number, high: number, margin: number): WidthAgreement["verdict"] =>
  low > -margin && high < margin ? "equivalent" : low > margin || high < -margin ? "different" : "not identified"

const average = (values: ReadonlyArray<number>): number => values.reduce((a, b) => a + b, 0) / values.length
