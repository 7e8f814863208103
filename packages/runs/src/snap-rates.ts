/** Spellings further apart than this are two rates, however they are rounded. */
export const snapDistance = 0.005

/** How far the rounding of single precision reaches: 0.001 written by a trainer as 0.0010000000474974513. */
const arithmetic = 2 ** -24 * 1.01

/** One is the other in single precision, or they differ in the last digits of double precision. */
const sameNumber = (a: number, b: number): boolean =>
  a === Math.fround(b) || b === Math.fround(a) || Math.abs(a / b - 1) < 1e-13

export interface Snapping {
  /** For each value, the place of the one that stands for it; its own where it stands for itself. */
  readonly to: Int32Array
  /** Values close enough to be one that were left apart, and why. */
  readonly apart: ReadonlyArray<{ readonly values: ReadonlyArray<number>; readonly reason: string }>
}

/** Significant digits of the shortest spelling, and half a unit of the last of them. */
const precisionOf = (value: number): { readonly digits: number; readonly half: number } => {
  const [mantissa, exponent] = value.toExponential().split("e")
  const digits = mantissa.replace(".", "").length
  return { digits, half: 0.5 * 10 ** (Number(exponent) - digits + 1) }
}

/**
 * Which of some learning rates are one rate, rounded to more or fewer digits: `0.000977`, `9.766e-4` and `0.0009765625`.
 *
 * A rate a joins a rate b when
 * 1. a is what remains of b when it is rounded to the fewer digits of a (or they differ by the rounding of single precision);
 * 2. they are at most 0.5 % apart, so one or two digits do not gather everything near them;
 * 3. there is one such b, up to spellings of it: where 0.00691 could be 0.006906 or 0.006914, it stays what it is;
 * 4. no loss profile has a third rate within four times their distance: on a grid that fine they are neighbours, not spellings.
 *
 * Two rates of equally many digits therefore never become one, on any grid. The spelling with most digits stands for all.
 *
 * @param values different rates, ascending, above zero
 * @param profiles for each loss profile, the places in `values` of its rates, ascending
 */
export const snapRates = (values: ReadonlyArray<number>, profiles: Iterable<ReadonlyArray<number>>): Snapping => {
  const precision = values.map(precisionOf)
  const to = new Int32Array(values.length).map((_, k) => k)
  const apart: Array<{ values: ReadonlyArray<number>; reason: string }> = []
  /** Digits already present among the spellings of a rate. */
  const spelled = new Map<number, Set<number>>()

  // Noise of arithmetic first: the spelling with fewest digits is the one that was meant.
  for (let from = 0; from < values.length; ) {
    let end = from + 1
    while (end < values.length && sameNumber(values[from], values[end])) end++
    let meant = from
    for (let k = from; k < end; k++) if (precision[k].digits < precision[meant].digits) meant = k
    for (let k = from; k < end; k++) to[k] = meant
    from = end
  }

  /** The rate k and its noise, which lies about it. */
  const move = (k: number, rate: number) => {
    for (let j = k + 1; to[j] === k; j++) to[j] = rate
    for (let j = k - 1; to[j] === k; j--) to[j] = rate
    to[k] = rate
  }
  const finestFirst = values
    .map((_, k) => k)
    .filter((k) => to[k] === k)
    .sort((a, b) => precision[b].digits - precision[a].digits || b - a)
  for (const k of finestFirst) {
    const { digits, half } = precision[k]
    const reach = Math.min(half * (1 + 1e-9), values[k] * snapDistance)
    const found = new Set<number>()
    const look = (step: 1 | -1) => {
      for (let j = k + step; j >= 0 && j < values.length && Math.abs(values[j] - values[k]) <= reach; j += step)
        if (precision[to[j]].digits > digits && Math.abs(values[to[j]] - values[k]) <= reach) found.add(to[j])
    }
    look(1)
    look(-1)
    const [only] = found
    const spellings = spelled.get(only)
    if (found.size === 1 && spellings?.has(digits) !== true) {
      move(k, only)
      if (spellings === undefined) spelled.set(only, new Set([digits]))
      else spellings.add(digits)
    } else if (found.size > 0)
      apart.push({
        values: [values[k], ...[...found].map((j) => values[j])],
        reason: "more than one of them could be the same rate",
      })
  }
  undoWithinFineGrids(values, to, profiles, apart)
  return { to, apart }
}

/** Rule 4. */
const undoWithinFineGrids = (
  values: ReadonlyArray<number>,
  to: Int32Array,
  profiles: Iterable<ReadonlyArray<number>>,
  apart: Array<{ values: ReadonlyArray<number>; reason: string }>,
): void => {
  const members = new Map<number, Array<number>>()
  to.forEach((rate, k) => {
    const list = members.get(rate)
    if (list === undefined) members.set(rate, [k])
    else list.push(k)
  })
  const span = (rate: number): number => {
    const list = members.get(rate) ?? []
    return Math.log(values[list[list.length - 1]] / values[list[0]])
  }
  const undone = new Set<number>()
  for (const profile of profiles)
    for (let i = 0; i + 1 < profile.length; i++) {
      const [a, b] = [profile[i], profile[i + 1]]
      if (to[a] === to[b]) continue
      const gap = Math.log(values[b] / values[a])
      for (const rate of [to[a], to[b]]) if (span(rate) > Math.max(arithmetic, gap / 4)) undone.add(rate)
    }
  for (const rate of undone) {
    const list = members.get(rate) ?? []
    for (const k of list) to[k] = k
    apart.push({ values: list.map((k) => values[k]), reason: "a profile has another rate about as close" })
  }
}
