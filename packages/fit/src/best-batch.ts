import { tokensText } from "./format.ts"
import type { BestBatchAt } from "./law.ts"
import type { LossCurve } from "./overhead.ts"
import { fitParabola } from "./parabola.ts"
import { type Estimate, notIdentified, unavailable } from "./result.ts"

const fromResampling = unavailable("Its doubt comes from resampling in fitLaw.")

/**
 * The loss-optimal batch at each horizon, every batch at its own best rate: a parabola in ln B through the lowest batch and its two
 * neighbours. Where the lowest loss is at the smallest or largest batch, only "at most" or "at least" is known.
 *
 * This is B*(T) of Filatov et al. 2024 (arXiv 2410.05838), not any critical batch size: a batch that costs a little
 * more data may be far larger.
 *
 * @param curves as from `lossCurves`
 */
export const bestBatches = (curves: ReadonlyArray<LossCurve>): ReadonlyArray<BestBatchAt> => {
  const horizons = [...new Set(curves.flatMap((curve) => curve.tokens))].sort((a, b) => a - b)
  return horizons.map((tokens): BestBatchAt => {
    const points = curves.flatMap((curve) => {
      const k = curve.tokens.indexOf(tokens)
      return k < 0 ? [] : [{ batch: curve.batch, loss: curve.loss[k] }]
    })
    const n = points.length
    let first = 0
    for (let i = 1; i < n; i++) if (points[i].loss < points[first].loss) first = i
    const lowest = points[first]
    const estimate = (value: number, scale: "log" | "linear"): Estimate => ({
      _tag: "Estimate",
      value,
      scale,
      standardError: fromResampling,
      interval: undefined,
      n,
      notes: [],
    })
    const loss = estimate(lowest.loss, "linear")
    const at = `at ${tokensText(tokens)} tokens`
    if (n < 3)
      return {
        tokens,
        points,
        loss,
        batch: notIdentified(
          "too-few-batches",
          `${n === 1 ? "One batch is" : `${n} batches are`} measured ${at}: measure three or more.`,
          n,
        ),
      }
    if (first === 0)
      return {
        tokens,
        points,
        loss,
        batch: notIdentified(
          "edge-low",
          `The smallest batch ${tokensText(lowest.batch)} has the lowest loss ${at}: measure smaller batches.`,
          n,
          { upper: points[1].batch },
        ),
      }
    if (first === n - 1)
      return {
        tokens,
        points,
        loss,
        batch: notIdentified(
          "edge-high",
          `The largest batch ${tokensText(lowest.batch)} has the lowest loss ${at}: measure larger batches.`,
          n,
          { lower: points[first - 1].batch },
        ),
      }
    const three = points.slice(first - 1, first + 2)
    const fit = fitParabola({
      x: three.map((p) => Math.log(p.batch)),
      y: three.map((p) => p.loss),
      repeats: [1, 1, 1],
      scatter: 0,
    })
    if (fit === undefined)
      return {
        tokens,
        points,
        loss,
        batch: notIdentified("flat", `The loss is the same at several batches ${at}: any of them will do.`, n, {
          lower: three[0].batch,
          upper: three[2].batch,
        }),
      }
    return { tokens, points, batch: estimate(Math.exp(fit.vertex), "log"), loss: estimate(fit.minimum, "linear") }
  })
}
