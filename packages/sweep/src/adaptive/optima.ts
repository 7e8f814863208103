/** Where a profile is to be looked for. */
import { type Cell, isEstimate } from "@ts/fit"
import type { Line, Reading } from "./line.ts"
import { ratesOf, vertexOf } from "./profile.ts"

/** Steepest drift of log2 eta* with log2 T or log2 B that a guess follows. */
const steepest = 0.75

/** Where the optima are, log2 of the rate: measured, or guessed from those that are. */
export const optimaOf = (
  lines: ReadonlyArray<Line>,
  at: (line: number, tokens: number) => ReadonlyArray<Reading>,
  cellOf: (line: number, tokens: number) => Cell | undefined,
  horizons: ReadonlyArray<number>,
) => {
  const own = (line: number, tokens: number): number | undefined => {
    const cell = cellOf(line, tokens)
    if (cell !== undefined && isEstimate(cell.eta)) return Math.log2(cell.eta.value)
    const rates = ratesOf(at(line, tokens))
    return rates.filter(({ loss }) => loss < Infinity).length >= 3 ? vertexOf(rates) : undefined
  }
  /** From the same line at shorter horizons, else from the nearest cell that has an optimum, else the study's own. */
  const guess = (line: number, tokens: number): number => {
    const before = lines[line].horizons
      .filter((t) => t < tokens)
      .flatMap((t) => {
        const x = own(line, t)
        return x === undefined ? [] : [{ at: Math.log2(t), x }]
      })
    const last = before[before.length - 1]
    if (last !== undefined) {
      const recent = before.slice(-3)
      const mid = recent.reduce((sum, p) => sum + p.at, 0) / recent.length
      const above = recent.reduce((sum, p) => sum + (p.at - mid) * p.x, 0)
      const below = recent.reduce((sum, p) => sum + (p.at - mid) ** 2, 0)
      const slope = below > 0 ? Math.max(-steepest, Math.min(steepest, above / below)) : 0
      const mean = recent.reduce((sum, p) => sum + p.x, 0) / recent.length
      return mean + slope * (Math.log2(tokens) - mid)
    }
    let nearest: { distance: number; x: number } | undefined
    lines.forEach((other, i) => {
      for (const t of horizons) {
        const distance = Math.abs(Math.log2(other.batch / lines[line].batch)) + Math.abs(Math.log2(t / tokens))
        if (nearest !== undefined && distance >= nearest.distance) continue
        const x = own(i, t)
        if (x !== undefined) nearest = { distance, x }
      }
    })
    return nearest?.x ?? lines[line].start
  }
  return { own, guess }
}
