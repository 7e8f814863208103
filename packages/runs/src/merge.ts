import { combine, type Distinct } from "./distinct.ts"
import { type Snapping, snapDistance, snapRates } from "./snap-rates.ts"
import { snapTokens } from "./snap-tokens.ts"
import type { Merged } from "./summary.ts"

export interface MergeOutcome {
  /** For each row, which value it has now; -1 for rows left out. */
  readonly index: Int32Array
  readonly merged: ReadonlyArray<Merged>
  readonly notes: ReadonlyArray<string>
}

const NAMED = 5

/** Writes the merged values into the rows and says what was done. */
const applied = (
  field: Merged["field"],
  numbers: Float64Array,
  { values, index }: Distinct<number>,
  { to, apart }: Snapping,
): MergeOutcome => {
  const rows = new Float64Array(values.length)
  for (let row = 0; row < index.length; row++) {
    const k = index[row]
    if (k < 0 || to[k] === k) continue
    rows[k]++
    numbers[row] = values[to[k]]
  }
  const groups = new Map<number, Array<{ value: number; rows: number }>>()
  values.forEach((value, k) => {
    if (to[k] === k) return
    const from = groups.get(to[k])
    if (from === undefined) groups.set(to[k], [{ value, rows: rows[k] }])
    else from.push({ value, rows: rows[k] })
  })
  const word = field === "eta" ? "learning rates" : "horizons"
  const notes = apart
    .slice(0, NAMED)
    .map((kept) => `${word} ${kept.values.slice(0, NAMED).join(", ")} are kept apart: ${kept.reason}`)
  if (apart.length > NAMED) notes.push(`${apart.length - NAMED} more groups of close ${word} are kept apart`)
  return {
    index: index.map((k) => (k < 0 ? k : to[k])),
    merged: [...groups].map(([k, from]) => ({ field, value: values[k], from })),
    notes,
  }
}

const anyClose = (values: ReadonlyArray<number>): boolean =>
  values.some((value, k) => k > 0 && value <= values[k - 1] * (1 + snapDistance))

/** Makes one horizon of those that differ by rounding; changes `tokens`. See `snapTokens`. */
export const mergeHorizons = (tokens: Float64Array, found: Distinct<number>, run: Int32Array): MergeOutcome => {
  const { values, index } = found
  if (!anyClose(values)) return { index, merged: [], notes: [] }
  return applied("tokens", tokens, found, snapTokens(values, index, run))
}

/** Makes one learning rate of its spellings; changes `eta`. See `snapRates`. */
export const mergeRates = (eta: Float64Array, found: Distinct<number>, profile: Int32Array): MergeOutcome => {
  const { values, index } = found
  if (!anyClose(values)) return { index, merged: [], notes: [] }
  const pairs = combine(eta.length, [profile, index])
  const seen = new Uint8Array(pairs.count)
  const ratesOf = new Map<number, Array<number>>()
  for (let row = 0; row < eta.length; row++) {
    const pair = pairs.index[row]
    if (pair < 0 || seen[pair] === 1) continue
    seen[pair] = 1
    const rates = ratesOf.get(profile[row])
    if (rates === undefined) ratesOf.set(profile[row], [index[row]])
    else rates.push(index[row])
  }
  for (const rates of ratesOf.values()) rates.sort((a, b) => a - b)
  return applied("eta", eta, found, snapRates(values, ratesOf.values()))
}
