import { minimise } from "./minimise.ts"
import { objective, type Problem } from "./objective.ts"

/** Where the misfit, minimised over all other parameters, exceeds its minimum by a threshold; infinite where it never does. */
export interface Ends {
  readonly low: number
  readonly high: number
}

/**
 * Profile-likelihood ends of one parameter: how far it can go in each direction, the others following, until the misfit has grown
 * by `threshold`. An end further than `farthest` from the estimate counts as open.
 *
 * @param others starts in other valleys of the misfit, as low within the threshold: the least of all counts
 */
export const profileEnds = (
  problem: Problem,
  best: ArrayLike<number>,
  misfit: number,
  k: number,
  threshold: number,
  options: { readonly step: number; readonly farthest: number },
  others: ReadonlyArray<ArrayLike<number>> = [],
): Ends => {
  const target = objective(problem)
  const end = (side: -1 | 1): number => {
    let inside = 0
    let insideExcess = 0
    let warm: ArrayLike<number> = best
    let step = options.step
    const at = (distance: number) => {
      const from = (place: ArrayLike<number>) => {
        const start = Float64Array.from(place)
        start[k] = best[k] + side * distance
        return minimise(target, start, [k], 25)
      }
      let found = from(warm)
      for (const other of others) {
        if (found.misfit - misfit <= threshold) break
        const next = from(other)
        if (next.misfit < found.misfit) found = next
      }
      return { excess: found.misfit - misfit - threshold, parameters: found.parameters }
    }
    insideExcess = -threshold
    let outside = Infinity
    let outsideExcess = 0
    while (inside < options.farthest) {
      const next = at(inside + step)
      if (next.excess > 0) {
        outside = inside + step
        outsideExcess = next.excess
        break
      }
      inside += step
      insideExcess = next.excess
      warm = next.parameters
      step *= 1.6
    }
    if (outside === Infinity) return side * Infinity
    // The excess grows like a square: secant steps on its root, kept inside the bracket.
    for (let i = 0; i < 40 && outside - inside > 1e-8 * Math.max(1, outside); i++) {
      // A better minimum on the way has less than nothing.
      const a = Math.sqrt(Math.max(0, insideExcess + threshold))
      const b = Math.sqrt(outsideExcess + threshold)
      const goal = Math.sqrt(threshold)
      const guess = inside + ((goal - a) / (b - a)) * (outside - inside)
      const width = outside - inside
      const middle =
        i % 3 === 2
          ? 0.5 * (inside + outside)
          : Math.min(outside - 0.02 * width, Math.max(inside + 0.02 * width, guess))
      const next = at(middle)
      if (next.excess > 0) {
        outside = middle
        outsideExcess = next.excess
      } else {
        inside = middle
        insideExcess = next.excess
        warm = next.parameters
      }
    }
    return side * 0.5 * (inside + outside)
  }
  return { low: best[k] + end(-1), high: best[k] + end(1) }
}
