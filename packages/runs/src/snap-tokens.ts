import { type Snapping, snapDistance } from "./snap-rates.ts"

const digits = (value: number): number => value.toExponential().split("e")[0].replace(".", "").length

/**
 * Which of some horizons are one, rounded to whole steps of different batches or written with fewer digits: 19999490048 and 2e10.
 *
 * Horizons within 0.5 % become one unless
 * 1. one run, or one setting where runs have no names, has readings at two of them: then they are readings along a run;
 * 2. another horizon lies within four times their distance: then horizons are measured that finely.
 *
 * The one with fewest digits stands for all, and among such the most frequent: it is the horizon that was meant.
 *
 * @param values different horizons, ascending, above zero
 * @param index for each row, the place of its horizon in `values`; -1 for rows that do not count
 * @param run for each row, which run or setting it belongs to
 */
export const snapTokens = (values: ReadonlyArray<number>, index: Int32Array, run: Int32Array): Snapping => {
  const group = new Int32Array(values.length)
  const groups: Array<{ from: number; to: number }> = []
  for (let from = 0; from < values.length; ) {
    let end = from + 1
    while (end < values.length && values[end] <= values[from] * (1 + snapDistance)) end++
    group.fill(groups.length, from, end)
    groups.push({ from, to: end })
    from = end
  }

  const rows = new Float64Array(values.length)
  const alongRuns = new Set<number>()
  const first = new Map<number, number>()
  for (let row = 0; row < index.length; row++) {
    const k = index[row]
    if (k < 0) continue
    rows[k]++
    if (groups[group[k]].to - groups[group[k]].from === 1) continue
    const key = run[row] * groups.length + group[k]
    const earlier = first.get(key)
    if (earlier === undefined) first.set(key, k)
    else if (earlier !== k) alongRuns.add(group[k])
  }

  const to = new Int32Array(values.length).map((_, k) => k)
  const apart: Array<{ values: ReadonlyArray<number>; reason: string }> = []
  groups.forEach(({ from, to: end }, g) => {
    if (end - from === 1) return
    const span = Math.log(values[end - 1] / values[from])
    const before = from === 0 ? Infinity : Math.log(values[from] / values[from - 1])
    const after = end === values.length ? Infinity : Math.log(values[end] / values[end - 1])
    // Readings along a run are no spellings of one horizon; nothing is to be said about them.
    if (alongRuns.has(g)) return
    if (span > Math.min(before, after) / 4) {
      apart.push({ values: values.slice(from, end), reason: "other horizons are about as close" })
      return
    }
    let meant = from
    for (let k = from + 1; k < end; k++) {
      const fewer = digits(values[k]) - digits(values[meant])
      if (fewer < 0 || (fewer === 0 && rows[k] >= rows[meant])) meant = k
    }
    to.fill(meant, from, end)
  })
  return { to, apart }
}
