import { bestBatches } from "./best-batch.ts"
import { numberOf } from "./bootstrap.ts"
import type { BestBatchAt, Cell, Law, OverheadAt, PowerLaw, Regime, Slice, WidthAgreement } from "./law.ts"
import { balanceOf, lossCurves, overheads } from "./overhead.ts"
import { powerLaw } from "./power-law.ts"
import { regime } from "./regime.ts"
import { isEstimate, type Result } from "./result.ts"
import { widthAgreement } from "./width.ts"

/** What is said across cells, and resampled as a whole. */
export interface Statements {
  readonly overheads: ReadonlyArray<OverheadAt>
  readonly bestBatches: ReadonlyArray<BestBatchAt>
  readonly regimes: ReadonlyArray<Regime>
  readonly widths: ReadonlyArray<WidthAgreement>
}

export interface StatementOptions {
  readonly slice: Slice
  readonly level: number
  readonly overhead: number
  readonly widthMargin: number
  readonly errorDegrees: number
}

export const inSlice =
  (slice: Slice) =>
  (cell: Slice): boolean =>
    cell.width === slice.width && cell.size === slice.size && cell.average === slice.average

export const statementsOf = (cells: ReadonlyArray<Cell>, options: StatementOptions): Statements => {
  const { slice, level, errorDegrees } = options
  const own = cells.filter(inSlice(slice))
  const curves = lossCurves(own)
  const batches = [...new Set(own.map((cell) => cell.batch))].sort((a, b) => a - b)
  return {
    overheads: overheads(curves, { overhead: options.overhead }),
    bestBatches: bestBatches(curves),
    regimes: batches.map((batch) =>
      regime(
        batch,
        own.filter((cell) => cell.batch === batch).map((cell) => ({ tokens: cell.tokens, y: cell.eta })),
        { level, errorDegrees },
      ),
    ),
    widths: widthsOf(cells, own, options),
  }
}

/** The slice's width against every other one that was read the same way. */
const widthsOf = (
  cells: ReadonlyArray<Cell>,
  own: ReadonlyArray<Cell>,
  options: StatementOptions,
): ReadonlyArray<WidthAgreement> => {
  const { slice, level, errorDegrees } = options
  if (slice.width === 0) return []
  const others = cells.filter((cell) => cell.average === slice.average && cell.width !== slice.width && cell.width > 0)
  const widths = [...new Set(others.map((cell) => cell.width))].sort((a, b) => a - b)
  return widths.map((width) => {
    const other = others.filter((cell) => cell.width === width)
    const [first, second] = width < slice.width ? [other, own] : [own, other]
    return widthAgreement(first, second, { margin: options.widthMargin, level, errorDegrees })
  })
}

/** Power laws of what is said horizon by horizon; those of the peak come from the joint fit. */
export type OwnLawName = Exclude<keyof Law["powerLaws"], "peakBatch" | "peakEta">

/** The power laws in the horizon of everything that has one. */
export const powerLawsOf = (
  { overheads: all, bestBatches: best }: Pick<Statements, "overheads" | "bestBatches">,
  level: number,
): Record<OwnLawName, PowerLaw> => {
  const law = <A extends { readonly tokens: number }>(items: ReadonlyArray<A>, name: string, y: (item: A) => Result) =>
    powerLaw(
      items.map((item) => ({ tokens: item.tokens, y: y(item) })),
      { level, name },
    )
  return {
    overheadBatch: law(all, "The overhead batch", (o) => o.batch),
    balanceBatch: law(all, "The balance batch", balanceOf),
    bestBatch: law(best, "The loss-optimal batch", (b) => b.batch),
  }
}

/** Every statement as a number under a name of its own, for collecting resamples. */
export const numbersOf = (statements: Statements, level: number): ReadonlyMap<string, number> => {
  const numbers = new Map<string, number>()
  for (const o of statements.overheads) numbers.set(`overhead ${o.tokens}`, numberOf(o.batch))
  for (const b of statements.bestBatches) {
    numbers.set(`best ${b.tokens}`, numberOf(b.batch))
    numbers.set(`best loss ${b.tokens}`, numberOf(b.loss))
  }
  for (const r of statements.regimes) numbers.set(`regime ${r.batch}`, numberOf(r.slope))
  for (const w of statements.widths) numbers.set(`width ${w.widths.join(" ")}`, numberOf(w.difference))
  for (const [name, { exponent }] of Object.entries(powerLawsOf(statements, level)))
    numbers.set(`exponent ${name}`, isEstimate(exponent) ? exponent.value : NaN)
  return numbers
}
