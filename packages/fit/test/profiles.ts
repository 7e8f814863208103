/** Loss profiles whose minimum is known, and what a test wants of a result. */
import { type Estimate, isEstimate, type NotIdentified, type Result } from "../src/index.ts"

/** Loss against ln eta. */
export const quadratic =
  (center: number, curvature = 0.06, floor = 2.5) =>
  (eta: number) =>
    floor + 0.5 * curvature * Math.log(eta / center) ** 2

export const measure = (etas: ReadonlyArray<number>, loss: (eta: number) => number) =>
  etas.map((eta) => ({ eta, loss: loss(eta) }))

export const estimate = (result: Result): Estimate => {
  if (!isEstimate(result)) throw new Error(`expected a number: ${result.message}`)
  return result
}
export const reason = (result: Result): NotIdentified => {
  if (isEstimate(result)) throw new Error(`expected none, found ${result.value}`)
  return result
}

/** Losses above 2 at these octaves about 2^-8. */
export const rises = (octavesAbout: ReadonlyArray<number>, values: ReadonlyArray<number>) =>
  octavesAbout.map((z, i) => ({ eta: 2 ** (z - 8), loss: 2 + values[i] }))
export const halves = [-1, -0.5, 0, 0.5, 1]
/** A parabola of curvature 0.06 with a little roughness: five points within an octave. */
export const rough = rises(
  halves,
  [0.003, -0.002, 0.001, 0.002, -0.003].map((v, i) => v + 0.03 * (Math.LN2 * halves[i] - 0.05) ** 2),
)
