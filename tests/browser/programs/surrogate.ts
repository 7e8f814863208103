import { defaultLaw, lawLoss, optimalEta } from "@ts/backend-surrogate"
import { known } from "../known.ts"

export default () => {
  const [B, T] = [2 ** 9, 2 ** 20]
  const best = optimalEta(defaultLaw, B, T)
  // Three octaves below the peak: cosh(1.5 ln 2) lower; with 20 % less data.
  known("eta*", best, 2 ** -6 / Math.cosh(1.5 * Math.LN2), 1e-12)
  known("the lowest loss", lawLoss(defaultLaw, best, B, T)!, 1.8 + 0.4 * 1.2 ** 0.25, 1e-12)
  return [-3, -2, -1, 0, 1, 2, 3, 4].map((octaves) => lawLoss(defaultLaw, best * 2 ** octaves, B, T))
}
