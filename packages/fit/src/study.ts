import { type Fitted, type TrunkBlock, trunkBlocks } from "./blocks.ts"
import type { NoiseLevel } from "./law.ts"
import { noiseOf } from "./noise.ts"
import type { Profile } from "./profiles.ts"
import type { Row } from "./row.ts"
import { shape } from "./skewed.ts"
import { type CellFit, type CommonSkew, commonSkew, fitWindow, type Skew, type Windowed, windowed } from "./windowed.ts"

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
 * wider ones where the noise asks for it.
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
      found = { skew, error: skewError(common, noise, blocks, rows), window, noise, blocks }
      sigma = noise.source === "unknown" ? 0 : noise.deviation
    }
    if (found === undefined || medianCertainty(found) >= seen) break
  }
  return found as Shape
}

/**
 * Standard error of the common skew under its prior of deviation one. What the skew explains of the readings of one trunk adds up over
 * horizons, and so does the noise that they share: the information is less by what that adds to the variance.
 */
const skewError = (
  { information }: CommonSkew,
  noise: NoiseLevel,
  blocks: ReadonlyArray<TrunkBlock>,
  rows: ReadonlyArray<Row>,
): number => {
  if (!Number.isFinite(information) || noise.source === "unknown") return 0
  let alone = 0
  let together = 0
  for (const { cells } of blocks) {
    const sums = new Map<string, number>()
    for (const { window, fit } of cells) {
      residualsBySkew(window, fit).forEach((change, i) => {
        const { runId } = rows[window.rows[i]]
        alone += change * change
        sums.set(runId, (sums.get(runId) ?? 0) + change)
      })
    }
    for (const sum of sums.values()) together += sum * sum
  }
  const share = alone > 0 ? 1 - noise.shared + (noise.shared * together) / alone : 1
  return Math.sqrt(1 / (information / (share * noise.deviation ** 2) + 1))
}

/** How the residuals of a window follow the skew. */
const residualsBySkew = ({ z }: Windowed, { coefficients, bySkew, skew }: CellFit): ReadonlyArray<number> => {
  const slope = (x: number) => (shape(x, skew + small) - shape(x, skew - small)) / (2 * small)
  return z.map((x) => -bySkew[0] - bySkew[1] * x - bySkew[2] * shape(x, skew) - coefficients[2] * slope(x))
}

/** Step in skew for derivatives with respect to it. */
const small = 1e-3

/** Curvature over its error, of the middle profile. */
const medianCertainty = ({ blocks, noise }: Shape): number => {
  if (noise.source === "unknown") return Infinity
  const ratios = blocks
    .flatMap(({ cells }) => cells.map(({ fit }) => fit.coefficients[2] / (noise.deviation * Math.sqrt(fit.inverse[8]))))
    .sort((a, b) => a - b)
  return ratios.length === 0 ? Infinity : ratios[ratios.length >> 1]
}
