import { combine, distinctNumbers } from "./distinct.ts"
import { type Snapping, snapDistance, snapRates } from "./snap-rates.ts"
import { snapTokens } from "./snap-tokens.ts"
import type { Merged } from "./summary.ts"

export interface MergeOutcome {
  readonly merged: ReadonlyArray<Merged>
  readonly notes: ReadonlyArray<string>
}

const NAMED = 5

/** Writes the merged values into the rows and says what was done. */
const applied = (
  field: Merged["field"],
  numbers: Float64Array,
  values: ReadonlyArray<number>,
  index: Int32Array,
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
  return { merged: [...groups].map(([k, from]) => ({ field, value: values[k], from })), notes }
}

const nothing: MergeOutcome = { merged: [], notes: [] }

const anyClose = (values: ReadonlyArray<number>): boolean =>
  values.some((value, k) => k > 0 && value <= values[k - 1] * (1 + snapDistance))

/** Makes one horizon of those that differ by rounding; changes `tokens`. See `snapTokens`. */
export const mergeHorizons = (tokens: Float64Array, run: Int32Array, kept: (row: number) => boolean): MergeOutcome => {
  const { values, index } = distinctNumbers(tokens, kept)
  return anyClose(values) ? applied("tokens", tokens, values, index, snapTokens(values, index, run)) : nothing
}

/** Makes one learning rate of its spellings; changes `eta`. See `snapRates`. */
export const mergeRates = (eta: Float64Array, profile: Int32Array, kept: (row: number) => boolean): MergeOutcome => {
  const { values, index } = distinctNumbers(eta, kept)
  if (!anyClose(values)) return nothing
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
  return applied("eta", eta, values, index, snapRates(values, ratesOf.values()))
}
