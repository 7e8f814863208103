import { MappingError } from "./errors.ts"
import { showProduct } from "./expression.ts"
import { isLooseCount, numberIn } from "./number.ts"
import type { Evaluations } from "./readings.ts"
import type { Resolved } from "./resolve.ts"
import type { Fates } from "./summary.ts"

/**
 * Looks for batches and horizons in another unit than tokens. Drops a row whose horizon is shorter than one batch.
 *
 * @returns notes: batches that are no whole number, and suffixes that people use for powers of ten and of two
 * @throws MappingError where most horizons are shorter than one batch
 */
export const checkMagnitudes = (
  { table, products }: Resolved,
  all: Evaluations,
  fates: Fates,
): ReadonlyArray<string> => {
  const [tokens, batch] = [all.get("tokens")?.values, all.get("batch")?.values]
  const [horizon, size] = [products.get("tokens"), products.get("batch")]
  if (tokens === undefined || batch === undefined || horizon === undefined || size === undefined) return []
  const only = size.columns.length === 1 && size.columns[0].power === 1 ? size.columns[0].name : undefined
  const cells = only === undefined ? undefined : table.columns.get(only)
  const short: Array<number> = []
  let [rows, broken, firstBroken] = [0, 0, -1]
  let loose: string | undefined
  for (let row = 0; row < table.rows; row++) {
    if (!fates.kept(row)) continue
    rows++
    if (tokens[row] < batch[row]) short.push(row)
    if (cells === undefined) continue
    if (!Number.isInteger(batch[row])) {
      if (broken++ === 0) firstBroken = row
    }
    const cell = cells.at(row)
    if (loose === undefined && isLooseCount(cell)) loose = cell.trim()
  }
  if (short.length > rows / 2) {
    const text = showProduct(horizon)
    throw new MappingError(
      "tokens",
      text,
      `the horizon is shorter than one batch in ${short.length} of ${rows} rows, as ${tokens[short[0]]} tokens in batches of ${batch[short[0]]}; give its unit, as --tokens "${text} * 1e9".`,
    )
  }
  for (const row of short) fates.drop(row, "the horizon is shorter than one batch")
  const notes: Array<string> = []
  if (broken > 0)
    notes.push(
      `the batch is no whole number of tokens in ${broken} rows, as ${batch[firstBroken]}; if "${only}" has another unit, or its point parts thousands, give --batch "${showProduct(size)} * 1000" or what it needs`,
    )
  if (loose !== undefined)
    notes.push(
      `"${only}" holds "${loose}", read as ${numberIn(loose, true)}; where its suffix counts in powers of 1024, give --batch "${showProduct(size)} * ${/k$/i.test(loose) ? 1.024 : 1.024 ** 2}"`,
    )
  return notes
}
