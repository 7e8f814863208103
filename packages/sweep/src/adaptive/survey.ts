/** What is measured of a model, cell by cell, and what a cell still needs. */
import { type Cell, isEstimate, type Law } from "@ts/fit"
import { type Line, measurable, type Reading, type Trunk, trunkKey } from "./line.ts"
import { optimaOf } from "./optima.ts"
import { type Layout, lacking, ratesOf, walk } from "./profile.ts"

export interface Measured {
  readonly lines: ReadonlyArray<Line>
  readonly readings: ReadonlyArray<Reading>
  /** Fitted to the rows of the readings; `undefined` while there are none. */
  readonly law: Law | undefined
}

/** A rate this near to the one wanted serves as well, octaves. */
const nearEnough = 0.55

export const surveyOf = ({ lines, readings, law }: Measured, layout: Layout) => {
  const { firstSeed, step } = layout
  const byCell = Map.groupBy(readings, ({ line, row }) => `${line} ${row.tokens}`)
  const at = (line: number, tokens: number) => byCell.get(`${line} ${tokens}`) ?? []
  const reached = reachOf(lines, readings)
  const horizons = [...new Set(lines.flatMap((line) => line.horizons))].sort((a, b) => a - b)
  const cells = new Map(law?.cells.map((cell) => [`${cell.batch} ${cell.tokens}`, cell]))
  const cellOf = (line: number, tokens: number): Cell | undefined => cells.get(`${lines[line].batch} ${tokens}`)
  const optima = optimaOf(lines, at, cellOf, horizons)
  const centreOf = (line: number, tokens: number): number => optima.own(line, tokens) ?? optima.guess(line, tokens)

  /** Positions of the lines that can be measured at a horizon. */
  const linesAt = (tokens: number): ReadonlyArray<number> =>
    lines.flatMap((line, i) => (line.horizons.includes(tokens) && measurable(line, tokens) ? [i] : []))
  const started = (line: number, tokens: number): boolean => at(line, tokens).length > 0
  /** Seeds that were read here. */
  const seedsAt = (line: number, tokens: number): number => new Set(at(line, tokens).map(({ row }) => row.seed)).size

  /** Trunks near a rate that are there already and would only have to go on, else a new one on the lattice. */
  const trunkAt = (line: number, x: number, until: number): Trunk => {
    const known = [...reached.values()]
      .filter(
        (t) =>
          t.line === line && t.seed === firstSeed && t.until < until && Math.abs(Math.log2(t.eta) - x) <= nearEnough,
      )
      .sort((a, b) => Math.abs(Math.log2(a.eta) - x) - Math.abs(Math.log2(b.eta) - x))[0]
    return { line, eta: known?.eta ?? onLattice(x, lines[line].start, step), seed: firstSeed, until }
  }
  /** Each trunk once, without those that are as far already. */
  const fresh = (trunks: ReadonlyArray<Trunk>): ReadonlyArray<Trunk> => {
    const unique = new Map<string, Trunk>()
    for (const trunk of trunks) {
      const key = trunkKey(trunk)
      if (trunk.until > Math.max(reached.get(key)?.until ?? 0, unique.get(key)?.until ?? 0)) unique.set(key, trunk)
    }
    return [...unique.values()]
  }

  /** Another seed of every rate, once: a second minimum that comes back is one. */
  const again = (line: number, tokens: number): ReadonlyArray<Trunk> =>
    ratesOf(at(line, tokens)).map(({ eta }) => ({ line, eta, seed: firstSeed + 1, until: tokens }))

  /** What one cell lacks for a profile of so many rates. */
  const need = (line: number, tokens: number, count: number): ReadonlyArray<Trunk> => {
    const rates = ratesOf(at(line, tokens))
    const further = walk(rates, layout)
    if (further !== undefined) return fresh([trunkAt(line, further, tokens)])
    const cell = cellOf(line, tokens)
    if (cell !== undefined && !isEstimate(cell.eta) && cell.eta.reason === "two-minima")
      return fresh(again(line, tokens))
    return fresh(lacking(rates, centreOf(line, tokens), count, layout).map((x) => trunkAt(line, x, tokens)))
  }

  /** The same at a horizon and at those before it. */
  const needUpTo = (line: number, tokens: number, count: number): ReadonlyArray<Trunk> =>
    lines[line].horizons.filter((t) => t <= tokens && measurable(lines[line], t)).flatMap((t) => need(line, t, count))

  /** New seeds of the rates nearest to some places about the optimum, octaves. */
  const repeat = (line: number, tokens: number, places: ReadonlyArray<number>, seeds = 1): ReadonlyArray<Trunk> => {
    const rates = ratesOf(at(line, tokens)).filter(({ loss }) => loss < Infinity)
    const centre = centreOf(line, tokens)
    const used = readings.flatMap(({ line: of, row }) => (of === line && row.tokens >= tokens ? [row.seed] : []))
    const last = Math.max(firstSeed, ...used)
    return places.flatMap((place) => {
      const distance = (x: number) => Math.abs(x - centre - place)
      const near = rates.toSorted((a, b) => distance(a.x) - distance(b.x))[0]
      if (near === undefined) return []
      return Array.from({ length: seeds }, (_, k) => ({ line, eta: near.eta, seed: last + 1 + k, until: tokens }))
    })
  }

  return { lines, horizons, linesAt, started, seedsAt, reached, fresh, need, needUpTo, repeat, guess: optima.guess }
}
export type Survey = ReturnType<typeof surveyOf>

/** Rates on one lattice of octaves / step through the line's first guess, a few digits long. */
const onLattice = (x: number, start: number, step: number): number =>
  Number((2 ** (start + step * Math.round((x - start) / step))).toPrecision(6))

/** How far each trunk is; one that diverged has nothing left to read. */
const reachOf = (lines: ReadonlyArray<Line>, readings: ReadonlyArray<Reading>): ReadonlyMap<string, Trunk> => {
  const reached = new Map<string, Trunk>()
  for (const { line, row } of readings) {
    const key = trunkKey({ line, eta: row.eta, seed: row.seed })
    const known = reached.get(key)?.until ?? 0
    const until = row.status === "diverged" ? lines[line].horizons[lines[line].horizons.length - 1] : row.tokens
    reached.set(key, { line, eta: row.eta, seed: row.seed, until: Math.max(known, until) })
  }
  return reached
}
