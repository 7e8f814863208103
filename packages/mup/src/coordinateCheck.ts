import {
  type CoordinateKind,
  type CoordinateObservation,
  type CoordinateOptions,
  checkOptions,
  type LayerReadings,
  readingsByLayer,
} from "./coordinateObservation.ts"
import { logLogSlope, type Slope } from "./logLogSlope.ts"

export type Verdict = "pass" | "fail" | "inconclusive"

export interface StepSlope extends Slope {
  readonly step: number
}

export interface LayerVerdict {
  readonly layer: string
  readonly kind: CoordinateKind
  readonly verdict: Verdict
  /** Why, in words; never empty. */
  readonly reasons: readonly string[]
  /** Slope of the mean over steps >= 1 of ln RMS; absent where it cannot be formed. */
  readonly overall?: Slope
  /** Slope of RMS(act_0); for logits and attention logits reported but not judged. */
  readonly atInit?: Slope
  /** Slope of RMS(act_t - act_0) at each step t >= 1. */
  readonly steps: readonly StepSlope[]
}

export interface CoordinateVerdict {
  readonly verdict: Verdict
  /** Why, in words; never empty. */
  readonly reasons: readonly string[]
  readonly learningRate: number
  readonly heldFixed: CoordinateOptions["heldFixed"]
  readonly threshold: number
  readonly confidence: number
  readonly widths: readonly number[]
  readonly seeds: readonly number[]
  readonly layers: readonly LayerVerdict[]
}

/**
 * Whether activations move by the same amount at every width: the log-log slope of RMS(act_t - act_0) against width, by least
 * squares over all seeds. The standard, per layer:
 *
 * - **all steps together** decide: ln RMS is averaged over steps >= 1 within each run (steps of a run are not independent),
 *   then fitted over runs. Pass is |slope| < threshold. An interval wider than +-threshold that does not lie wholly beyond
 *   it is inconclusive: such data cannot tell flat from failing.
 * - **any one step** fails the layer if its interval lies wholly beyond the threshold, so that an average cannot hide it.
 * - **step 0** is judged likewise for activations; logits and attention logits are exempt, they may shrink legitimately.
 * - a reading that is not finite fails; a layer that moves at some widths and stands still at others fails; a layer that
 *   never moves is inconclusive. Steps at which no width moves (after a zeroed readout) are left out.
 *
 * Overall: fail if a layer fails, else inconclusive if one is, else pass.
 * Source: Tensor Programs V (arXiv 2203.03466), appendix on implementation checks; the threshold is this project's.
 *
 * @throws MupError for fewer than 3 widths in a layer, repeated or missing readings.
 */
export const coordinateCheck = (
  observations: readonly CoordinateObservation[],
  options: CoordinateOptions,
): CoordinateVerdict => {
  const { learningRate, heldFixed, threshold, confidence } = checkOptions(options)
  const layers = readingsByLayer(observations).map((layer) => judgeLayer(layer, threshold, confidence))
  const named = (verdict: Verdict) => layers.filter((l) => l.verdict === verdict)
  const verdict = named("fail").length > 0 ? "fail" : named("inconclusive").length > 0 ? "inconclusive" : "pass"
  return {
    verdict,
    reasons:
      verdict === "pass"
        ? [`all ${layers.length} layers move alike at every width`]
        : [...named("fail"), ...named("inconclusive")].flatMap((l) => l.reasons.map((r) => `${l.layer}: ${r}`)),
    learningRate,
    heldFixed,
    threshold,
    confidence,
    widths: distinct(observations.map((o) => o.width)),
    seeds: distinct(observations.map((o) => o.seed)),
    layers,
  }
}

const distinct = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b)

const judgeLayer = ({ layer, kind, readings }: LayerReadings, threshold: number, confidence: number): LayerVerdict => {
  const broken = readings.find((o) => !Number.isFinite(o.rms))
  if (broken !== undefined) {
    const where = `width ${broken.width}, seed ${broken.seed}, step ${broken.step}`
    return { layer, kind, verdict: "fail", reasons: [`not finite at ${where}: ${broken.rms}`], steps: [] }
  }
  const moved = readings.filter((o) => o.rms > 0)
  const steps = distinct(moved.filter((o) => o.step > 0).map((o) => o.step))
  const stuck = readings.find((o) => o.rms === 0 && steps.includes(o.step))
  if (stuck !== undefined) {
    const reason = `stands still at width ${stuck.width} (seed ${stuck.seed}, step ${stuck.step}) but moves elsewhere`
    return { layer, kind, verdict: "fail", reasons: [reason], steps: [] }
  }
  if (steps.length === 0) {
    return { layer, kind, verdict: "inconclusive", reasons: ["never moves: nothing to compare"], steps: [] }
  }
  const slopeAt = (step: number) =>
    logLogSlope(
      moved.filter((o) => o.step === step).map((o) => ({ x: o.width, lnY: Math.log(o.rms) })),
      confidence,
    )
  const overall = logLogSlope(meanOverSteps(moved, steps), confidence)
  const bySteps = steps.map((step) => ({ step, ...slopeAt(step) }))
  // A zeroed tensor has no size at step 0 to take a logarithm of.
  const zeroAtInit = readings.some((o) => o.step === 0 && o.rms === 0)
  const atInit = readings.some((o) => o.step === 0) && !zeroAtInit ? slopeAt(0) : undefined

  const judged = [judge(overall, threshold, "change")]
  for (const s of bySteps) {
    if (beyond(s, threshold)) judged.push({ verdict: "fail", reason: `change at step ${s.step} ${words(s)}` })
  }
  if (atInit !== undefined && kind === "activation") judged.push(judge(atInit, threshold, "size at initialisation"))
  const worst = (["fail", "inconclusive", "pass"] as const).find((v) => judged.some((j) => j.verdict === v))!
  return {
    layer,
    kind,
    verdict: worst,
    reasons: judged.filter((j) => j.verdict === worst).map((j) => j.reason),
    overall,
    ...(atInit === undefined ? {} : { atInit }),
    steps: bySteps,
  }
}

/** One point per run: the mean of ln RMS over the given steps. */
const meanOverSteps = (readings: readonly CoordinateObservation[], steps: readonly number[]) => {
  const runs = new Map<string, { x: number; lnY: number }>()
  for (const o of readings) {
    if (o.step === 0) continue
    const key = `${o.width}/${o.seed}`
    const run = runs.get(key) ?? { x: o.width, lnY: 0 }
    run.lnY += Math.log(o.rms) / steps.length
    runs.set(key, run)
  }
  return [...runs.values()]
}

const beyond = ({ interval: [low, high] }: Slope, threshold: number): boolean => low > threshold || high < -threshold

const judge = (s: Slope, threshold: number, what: string): { verdict: Verdict; reason: string } => {
  const half = (s.interval[1] - s.interval[0]) / 2
  if (half > threshold && !beyond(s, threshold)) {
    return { verdict: "inconclusive", reason: `${what} ${words(s)}: too uncertain, add seeds or widths` }
  }
  const flat = Math.abs(s.slope) < threshold
  return { verdict: flat ? "pass" : "fail", reason: `${what} ${words(s)}` }
}

const words = ({ slope, interval: [low, high] }: Slope): string => {
  const direction = slope > 0 ? "grows" : "shrinks"
  return `${direction} as width^${slope.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
}
