/** The loss profile of one cell while it is being measured: what it still lacks. */
import type { Reading } from "./line.ts"

/** One learning rate of a cell. */
export interface Rate {
  /** log2 of the rate. */
  readonly x: number
  readonly eta: number
  /** Mean over seeds, nats; Infinity where all diverged. */
  readonly loss: number
  readonly seeds: number
}

/** Rates of a cell, ascending. */
export const ratesOf = (readings: ReadonlyArray<Reading>): ReadonlyArray<Rate> => {
  const byRate = Map.groupBy(readings, ({ row }) => row.eta)
  return [...byRate]
    .map(([eta, all]): Rate => {
      const sound = all.filter(({ row }) => row.status === "finished" && Number.isFinite(row.loss))
      const loss = sound.length === 0 ? Infinity : sound.reduce((sum, { row }) => sum + row.loss, 0) / sound.length
      return { x: Math.log2(eta), eta, loss, seeds: new Set(all.map(({ row }) => row.seed)).size }
    })
    .sort((a, b) => a.x - b.x)
}

export interface Layout {
  /** Octaves from the optimum at which the outer rates lie: closer ones find the minimum and lose its curvature. */
  readonly spread: number
  /** Octaves between the rates of the lattice that all trunks share. */
  readonly step: number
  /** Seed of the first trunk at each rate; repeats count on from it. */
  readonly firstSeed: number
}

/** Further than this from the first rate tried, octaves, nobody has a minimum. */
const furthest = 16

const isSound = ({ loss }: Rate): boolean => loss < Infinity

const lowestOf = (rates: ReadonlyArray<Rate>): number =>
  rates.reduce((best, { loss }, i) => (loss < rates[best].loss ? i : best), 0)

/** Vertex of the parabola through the lowest rate and its neighbours, log2; the lowest rate itself on an edge. */
export const vertexOf = (rates: ReadonlyArray<Rate>): number | undefined => {
  const sound = rates.filter(isSound)
  if (sound.length === 0) return undefined
  const i = lowestOf(sound)
  const [a, b, c] = [sound[i - 1], sound[i], sound[i + 1]]
  if (a === undefined || c === undefined) return b.x
  const [left, right] = [(b.loss - a.loss) / (b.x - a.x), (c.loss - b.loss) / (c.x - b.x)]
  const bend = (right - left) / (c.x - a.x)
  return bend > 0 ? (a.x + b.x) / 2 - left / (2 * bend) : b.x
}

/**
 * Where a profile runs off its rates: the next rate to try, log2, or `undefined` where its lowest rate has a higher or
 * diverged one on either side. A diverged rate more than an octave away is closed in on.
 */
export const walk = (rates: ReadonlyArray<Rate>, { spread, step }: Layout): number | undefined => {
  if (rates.length === 0) return undefined
  const [first, last] = [rates[0], rates[rates.length - 1]]
  if (last.x - first.x > furthest) return undefined
  if (!rates.some(isSound)) return first.x - 2 * spread
  const i = lowestOf(rates)
  const { x } = rates[i]
  if (i === 0) return x - spread
  if (i === rates.length - 1) return x + spread
  const next = rates[i + 1]
  const soundAbove = rates.slice(i + 1).some(isSound)
  if (!soundAbove && next.x - x > Math.max(1, step)) return (x + next.x) / 2
  return undefined
}

/** Offsets from the optimum, octaves, of a profile with so many rates. */
const offsets = (count: number, spread: number): ReadonlyArray<number> =>
  count <= 3
    ? [-spread, spread, 0]
    : count === 4
      ? [-spread, spread, -spread / 3, spread / 3]
      : Array.from({ length: count }, (_, i) => spread * ((2 * i) / (count - 1) - 1))

/**
 * The rates, log2, that a profile about `centre` lacks: one near each of `count` places spread about it. Diverged ones
 * count for the outer places only.
 */
export const lacking = (
  rates: ReadonlyArray<Rate>,
  centre: number,
  count: number,
  { spread }: Layout,
): ReadonlyArray<number> => {
  const tolerance = Math.max(spread / Math.max(2, count - 1), 0.55)
  const sound = rates.filter((rate) => isSound(rate) && Math.abs(rate.x - centre) <= 1.35 * spread)
  const below = sound.some(({ x }) => x <= centre - spread / 2)
  const above = rates.some(({ x }) => x >= centre + spread / 2)
  if (below && above && sound.length >= count) return []
  const free = new Set(rates)
  const places = offsets(count, spread)
  // Where the outer rate diverged, its place tells no loss.
  const lost = places.filter((offset) => offset > 0 && rates.some((r) => !isSound(r) && r.x <= centre + offset)).length
  const inner = lost > 0 && sound.length < 3 ? [spread / 2, -spread / 2] : []
  return [...places, ...inner].flatMap((offset) => {
    const x = centre + offset
    const near = [...free]
      .filter((rate) => Math.abs(rate.x - x) <= tolerance && (isSound(rate) || offset > 0))
      .sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x))[0]
    if (near === undefined) return [x]
    free.delete(near)
    return []
  })
}
