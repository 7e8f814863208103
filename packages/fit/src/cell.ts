import { tokensText } from "./format.ts"
import type { Cell, NoiseLevel } from "./law.ts"
import { profileMinimum } from "./profile.ts"
import { fewestSteps, type Profile } from "./profiles.ts"
import { notIdentified } from "./result.ts"
import type { Row } from "./row.ts"
import { sensitivity } from "./sensitivity.ts"

/**
 * What one loss profile says.
 *
 * @param losses losses by row, nats: those of the rows, or a resample of them
 */
export const cellOf = (
  profile: Profile,
  rows: ReadonlyArray<Row>,
  losses: ArrayLike<number>,
  noise: NoiseLevel,
  level: number,
  shape: { readonly skew: number; readonly skewError: number; readonly window: number },
): Cell => {
  const readings = profile.rows.map((i) => {
    const { eta, runId, seed, status, initialLoss } = rows[i]
    return { eta, loss: losses[i], runId, seed, status, ...(initialLoss === undefined ? {} : { initialLoss }) }
  })
  const known = noise.source !== "unknown"
  const found = profileMinimum(readings, {
    level,
    ...shape,
    ...(known ? { noise: noise.deviation, noiseDegrees: noise.degrees } : {}),
  })
  const { width, size, average, batch, tokens, stepsAfterWarmup } = profile
  const head = {
    width,
    size,
    average,
    batch,
    tokens,
    ...(stepsAfterWarmup === undefined ? {} : { stepsAfterWarmup }),
    best: found.best,
    points: found.points,
  }
  if (!profile.measured) {
    const why = notIdentified(
      "not-measured",
      `Only ${stepsAfterWarmup} steps after warmup at batch ${tokensText(batch)} and ${tokensText(tokens)} tokens, fewer than ${fewestSteps}: a longer horizon would measure it.`,
      readings.length,
    )
    return { ...head, eta: why, loss: why, curvature: why, sensitivity: why, parabola: undefined }
  }
  const sound = found.points.filter((p) => p.use === "window" || p.use === "outside-window")
  return {
    ...head,
    eta: found.eta,
    loss: found.loss,
    curvature: found.curvature,
    sensitivity: sensitivity(found.parabola, found.eta, found.curvature, sound),
    parabola: found.parabola,
  }
}
