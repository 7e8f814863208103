import { type Fitted, type TrunkBlock, trunkBlocks } from "./blocks.ts"
import type { NoiseLevel } from "./law.ts"
import { noiseOf, type ResidualNoise } from "./noise.ts"
import type { Profile } from "./profiles.ts"
import type { Row } from "./row.ts"
import { type CommonSkew, commonSkew, fitWindow, type Skew, windowed } from "./windowed.ts"

/** What all profiles of a study have in common. */
export interface Shape extends Skew {
  /** Half-width of the windows, octaves. */
  readonly window: number
  readonly noise: NoiseLevel
  /** The fitted windows, grouped by the trunks they share. */
  readonly blocks: ReadonlyArray<TrunkBlock>
}

/** Half-widths tried, octaves: the next where noise hides the curvature of most profiles in the last. */
const radii = [2, 3, 4]

/** A curvature is seen where it is this many times its error. */
const seen = 4

/**
 * The skew, the noise and the windows of all measured profiles, each of which needs the others: windows first without noise, then with it;
 * wider ones where the noise asks for it. Profiles of three rates have windows of one octave, as far as that goes.
 */
export const shapeOf = (
  rows: ReadonlyArray<Row>,
  profiles: ReadonlyArray<Profile>,
  options: { readonly noise?: number; readonly sharedNoise?: number },
): Shape => {
  const losses = rows.map((row) => row.loss)
  let found: Shape | undefined
  for (const window of radii) {
    let sigma = options.noise ?? 0
    for (let pass = 0; pass < 2; pass++) {
      const windows = windowed(rows, profiles, window, sigma)
      const common = commonSkew(windows, losses)
      const { skew } = common
      const fitted = windows.flatMap((w): ReadonlyArray<Fitted> => {
        const fit = fitWindow(w, losses, skew)
        return fit === undefined ? [] : [{ window: w, fit }]
      })
      const blocks = trunkBlocks(fitted, rows)
      const noise = noiseOf(blocks, rows, options, Number.isFinite(common.information) ? 1 : 0)
      found = { skew, error: skewError(common, noise, fitted), window, noise, blocks }
      sigma = noise.source === "unknown" ? 0 : noise.deviation
    }
    if (found === undefined || medianCertainty(found) >= seen) break
  }
  return found as Shape
}

/**
 * Standard error of the common skew under its prior of deviation one. Residuals of one trunk at several horizons tell less than independent
 * ones, in the proportion in which they count for the noise.
 */
const skewError = ({ information }: CommonSkew, noise: ResidualNoise, fitted: ReadonlyArray<Fitted>): number => {
  if (!Number.isFinite(information) || noise.source === "unknown") return 0
  const degrees = fitted.reduce((sum, { window }) => sum + window.rows.length - 3, 0)
  const share = Math.min(1, noise.residualDegrees / Math.max(1, degrees))
  return Math.sqrt(1 / ((share * information) / noise.deviation ** 2 + 1))
}

/** Curvature over its error, of the middle profile. */
const medianCertainty = ({ blocks, noise }: Shape): number => {
  if (noise.source === "unknown") return Infinity
  const ratios = blocks
    .flatMap(({ cells }) => cells.map(({ fit }) => fit.coefficients[2] / (noise.deviation * Math.sqrt(fit.inverse[8]))))
    .sort((a, b) => a - b)
  return ratios.length === 0 ? Infinity : ratios[ratios.length >> 1]
}
