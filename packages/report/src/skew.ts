import { type Law, profileLoss } from "@ts/fit"

/** The skew that all profiles share, per unit of ln eta; `undefined` where none was fitted. */
export const skewOf = (law: Law): number | undefined =>
  law.cells.find((cell) => cell.parabola !== undefined)?.parabola?.skew

/** How many times what half the best rate gives up is given up by twice the best rate; 1 for a parabola. */
export const costOfTwice = (skew: number): number => {
  const unit = { center: 1, minimum: 0, curvature: 1, skew, from: 0.5, to: 2 }
  return profileLoss(unit, Math.LN2) / profileLoss(unit, -Math.LN2)
}
