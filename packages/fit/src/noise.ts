import { divergedReadings } from "./divergence.ts"
import type { NoiseLevel } from "./law.ts"
import { leastSquares } from "./least-squares.ts"
import { groupByRate } from "./levels.ts"
import type { Levels } from "./parabola.ts"
import type { Profile } from "./profiles.ts"
import type { Row } from "./row.ts"
import { windowAbout } from "./window.ts"

/** Part of the variance of a loss that all readings of a trunk share, where nothing else is known. */
export const defaultShared = 0.5

interface Pool {
  sum: number
  degrees: number
}

/** A parabola on the window of the optimum, a cubic through five levels, a parabola on twice the window. */
type Shape = "parabola" | "cubic" | "wide parabola"

/** Residuals of polynomials about the minimum; concave ones count too, or small residuals would be selected. */
const residualsOf = (levels: Levels, shape: Shape, pool: Pool): void => {
  const n = levels.x.length
  let first = 0
  for (let i = 1; i < n; i++) if (levels.y[i] < levels.y[first]) first = i
  if (first === 0 || first === n - 1) return
  const [from, to] =
    shape === "cubic" ? fiveAbout(levels, first) : windowAbout(levels, first, shape === "parabola" ? 1 : 2, 0)
  const p = shape === "cubic" ? 4 : 3
  if (to - from + 1 <= p) return
  const x: Array<number> = []
  const y: Array<number> = []
  const w: Array<number> = []
  for (let i = from; i <= to; i++) {
    for (let k = 0; k < p; k++) x.push((levels.x[i] - levels.x[first]) ** k)
    y.push(levels.y[i])
    w.push(levels.repeats[i])
  }
  const fit = leastSquares(x, y, w, p)
  if (fit === undefined) return
  pool.sum += fit.residual
  pool.degrees += fit.degrees
}

/** Five levels about the minimum. */
const fiveAbout = (levels: Levels, first: number): readonly [number, number] => {
  const from = Math.max(0, Math.min(first - 2, levels.x.length - 5))
  return [from, Math.min(levels.x.length - 1, from + 4)]
}

/**
 * How much a loss varies by chance: from repeated seeds of one cell and rate where there are at least three degrees of freedom, else from
 * the residuals of all profiles about their parabolas; on octave grids, whose parabolas leave none, about cubics through five
 * rates, or parabolas through four. What profiles differ from a polynomial by counts as noise then, so it errs on the large side.
 *
 * Readings of one trunk at several horizons share part of their noise, so degrees of freedom are counted per trunk.
 */
export const noiseLevel = (
  rows: ReadonlyArray<Row>,
  cells: ReadonlyArray<Profile>,
  options: { readonly noise?: number; readonly sharedNoise?: number } = {},
): NoiseLevel => {
  const shared = options.sharedNoise ?? defaultShared
  if (options.noise !== undefined) return { deviation: options.noise, shared, source: "supplied", degrees: Infinity }
  const measured = cells.filter((cell) => cell.measured)
  const repeats: Pool = { sum: 0, degrees: 0 }
  const quadratic: Pool = { sum: 0, degrees: 0 }
  const cubic: Pool = { sum: 0, degrees: 0 }
  const wide: Pool = { sum: 0, degrees: 0 }
  const trunks = new Set<string>()
  let readings = 0
  for (const cell of measured) {
    const members = cell.rows.map((i) => rows[i])
    const diverged = divergedReadings(members)
    const sound = members.flatMap((row, i) => (diverged[i] || row.status === "pruned" ? [] : [i]))
    for (const i of sound) trunks.add(members[i].runId)
    readings += sound.length
    const { levels, scatters } = groupByRate(members, sound)
    let lowest = Infinity
    for (const y of levels.y) lowest = Math.min(lowest, y)
    levels.y.forEach((y, k) => {
      // Repeats near a cliff scatter by its height, not by the noise of a loss.
      if (levels.repeats[k] < 2 || y > 1.1 * lowest) return
      repeats.sum += scatters[k]
      repeats.degrees += levels.repeats[k] - 1
    })
    residualsOf(levels, "parabola", quadratic)
    residualsOf(levels, "cubic", cubic)
    residualsOf(levels, "wide parabola", wide)
  }
  const perTrunk = trunks.size === 0 ? 1 : Math.max(1, readings / trunks.size)
  const from = (pool: Pool, source: "repeats" | "residuals"): NoiseLevel => ({
    deviation: Math.sqrt(pool.sum / pool.degrees),
    shared,
    source,
    degrees: Math.max(1, pool.degrees / perTrunk),
  })
  if (repeats.degrees >= 3) return from(repeats, "repeats")
  if (quadratic.degrees >= 3) return from(quadratic, "residuals")
  if (cubic.degrees >= 3) return from(cubic, "residuals")
  if (wide.degrees >= 3) return from(wide, "residuals")
  return { deviation: NaN, shared, source: "unknown", degrees: 0 }
}
