/** What the law says of a run too long to tune, with the curve it stands on. */
import { isEstimate, type Law, type Prediction, predict, type Result } from "@ts/fit"
import { type CurvePoint, lawCurves } from "@ts/report"
import { hasCurves } from "./view.ts"

/** A number with the ends of its interval, or why there is none. */
export type Answer =
  | { readonly value: number; readonly low?: number; readonly high?: number; readonly level?: number }
  | { readonly why: string }

export interface PredictionView {
  readonly tokens: number
  readonly batch: Answer
  readonly eta: Answer
  readonly loss: Answer
  readonly regret: Answer
  /** Factors beyond what was measured, 1 inside. */
  readonly beyond: { readonly tokens: number; readonly batch: number }
  readonly notes: ReadonlyArray<string>
  /** eta*(B) at this horizon, with its band; empty where there are no curves. */
  readonly curve: ReadonlyArray<CurvePoint>
}

const answerOf = (result: Result): Answer => {
  if (!isEstimate(result)) return { why: result.message }
  const { value, interval } = result
  return interval === undefined
    ? { value }
    : {
        value,
        level: interval.level,
        ...(interval.low > 0 ? { low: interval.low } : {}),
        ...(Number.isFinite(interval.high) ? { high: interval.high } : {}),
      }
}

export const predictionOf = (law: Law, tokens: number, batch: number | undefined): PredictionView => {
  const found: Prediction = predict(law, batch === undefined ? { tokens } : { tokens, batch })
  const octaves = law.cells.map((cell) => Math.log2(cell.batch))
  const drawn = [Math.min(...octaves) - 1, Math.max(...octaves) + 1] as const
  const curve =
    law.joint === undefined || !hasCurves(law)
      ? undefined
      : lawCurves(law, tokens, { measured: drawn, drawn }).get(law.joint.form)
  return {
    tokens,
    batch: batch === undefined ? answerOf(found.batch) : { value: batch },
    eta: answerOf(found.eta),
    loss: answerOf(found.loss),
    regret: answerOf(found.regret),
    beyond: { tokens: found.extrapolation.tokens, batch: found.extrapolation.batch },
    notes: found.notes,
    curve: curve?.inside ?? [],
  }
}
