import { divergedReadings, type Reading } from "./divergence.ts"
import { etaText, significant } from "./format.ts"
import type { Parabola, PointUse, ProfilePoint } from "./law.ts"
import { type Grouped, groupByRate } from "./levels.ts"
import { fitParabola, type Levels, type ParabolaFit } from "./parabola.ts"
import { type Estimate, type NotIdentified, notIdentified, type Result, unavailable } from "./result.ts"
import { twoSided } from "./student.ts"
import { rivalMinimum, slice, windowAbout } from "./window.ts"

/** A point of a loss profile: one run's loss at one rate. Repeated seeds are repeated points. */
export interface ProfileReading extends Reading {
  readonly runId?: string
  readonly seed?: number
}

export interface ProfileOptions {
  /** Standard deviation of one loss between runs that differ in nothing but chance, nats. */
  readonly noise?: number
  /** Degrees of freedom behind `noise`. Default: known exactly. */
  readonly noiseDegrees?: number
  /** Half-width of the window about the grid minimum, octaves. Default 1; widened by one and two where the noise asks for it. */
  readonly window?: number
  /** How much more a rate too high costs than one too low: third over second derivative at the minimum, per unit of ln eta. Default 0, a parabola. */
  readonly skew?: number
  /** Standard error of the skew. Default 0. */
  readonly skewError?: number
  /** Coverage of intervals. Default 0.9. */
  readonly level?: number
}

export interface ProfileMinimum {
  /** eta*, log scale. */
  readonly eta: Result
  /** Loss at eta*, nats. */
  readonly loss: Result
  /** d2 loss / d(ln eta)^2 at eta*, nats. */
  readonly curvature: Result
  readonly parabola: Parabola | undefined
  readonly best: { readonly eta: number; readonly loss: number } | undefined
  readonly points: ReadonlyArray<ProfilePoint>
}

/**
 * The minimum of a loss profile in ln eta: a least-squares parabola, or its skewed sister, on a short window about the grid minimum.
 *
 * The standard error is first order; the interval is Fieller's and so exact for Gaussian noise. Where a known noise leaves it
 * unbounded there is no minimum; where only the few residuals of this profile do, the number stands with an open
 * interval. With three points there is no residual: the error is unavailable unless `noise` is given. Pruned runs are left out, diverged ones named and left out.
 *
 * @param readings learning rates (> 0) and losses (nats)
 */
export const profileMinimum = (
  readings: ReadonlyArray<ProfileReading>,
  options: ProfileOptions = {},
): ProfileMinimum => {
  const diverged = divergedReadings(readings)
  const uses: Array<PointUse> = readings.map((r, i) =>
    diverged[i] ? "diverged" : r.status === "pruned" ? "pruned" : "outside-window",
  )
  const sound = readings.flatMap((_, i) => (uses[i] === "outside-window" ? [i] : []))
  const grouped = groupByRate(readings, sound)
  const { levels } = grouped
  const rates = levels.x.length
  let first = 0
  for (let i = 1; i < rates; i++) if (levels.y[i] < levels.y[first]) first = i
  const best = rates === 0 ? undefined : { eta: Math.exp(levels.x[first]), loss: levels.y[first] }

  const finish = (outcome: Outcome): ProfileMinimum => {
    if (outcome.window !== undefined)
      for (let k = outcome.window[0]; k <= outcome.window[1]; k++)
        for (const i of grouped.members[k]) uses[i] = "window"
    const points = readings.map((r, i) => ({
      eta: r.eta,
      loss: r.loss,
      runId: r.runId ?? "",
      seed: r.seed ?? 0,
      use: uses[i],
    }))
    const { eta, loss, curvature, parabola } = outcome
    return { eta, loss, curvature, parabola, best, points }
  }

  const problem = withoutMinimum(readings, uses, levels, first, options)
  if (problem !== undefined) return finish(nothing(problem))
  return finish(locate(grouped, first, options))
}

interface Outcome {
  readonly eta: Result
  readonly loss: Result
  readonly curvature: Result
  readonly parabola: Parabola | undefined
  readonly window: readonly [number, number] | undefined
}

const nothing = (why: NotIdentified): Outcome => ({
  eta: why,
  loss: notIdentified(why.reason, why.message, why.points),
  curvature: notIdentified(why.reason, why.message, why.points),
  parabola: undefined,
  window: undefined,
})

/** Reasons that the grid alone gives: too few rates, an edge, two minima. */
const withoutMinimum = (
  readings: ReadonlyArray<ProfileReading>,
  uses: ReadonlyArray<PointUse>,
  levels: Levels,
  first: number,
  options: ProfileOptions,
): NotIdentified | undefined => {
  const rates = levels.x.length
  const n = readings.length
  const eta = (k: number) => Math.exp(levels.x[k])
  const lost = readings.filter((_, i) => uses[i] === "diverged").map((r) => r.eta)
  const lostText = lost.length === 0 ? "" : ` (${lost.length} diverged: eta ${lost.map(etaText).join(", ")})`
  if (n === 0) return notIdentified("no-data", "No readings: train this cell at three or more learning rates.", 0)
  if (rates === 0)
    return notIdentified(
      "no-data",
      lost.length === 0
        ? "Every reading was pruned: train three or more learning rates to this horizon."
        : `No sound reading${lostText}: add learning rates below ${etaText(minimum(lost))}.`,
      n,
    )
  if (rates < 3)
    return notIdentified(
      "too-few-points",
      `Only ${rates} sound learning rate${rates === 1 ? "" : "s"}${lostText}: three are needed; add rates about ${etaText(eta(first))}.`,
      n,
    )
  if (first === 0)
    return notIdentified(
      "edge-low",
      `The loss is lowest at the smallest rate ${etaText(eta(0))}: add smaller rates.`,
      n,
      { upper: eta(1) },
    )
  if (first === rates - 1) {
    // Logarithms are compared: exp(ln eta) can lie below eta, and a repeat at the best rate is not beyond it.
    const beyond = lost.filter((x) => Math.log(x) > levels.x[first])
    const bound = { lower: eta(first - 1) }
    return beyond.length > 0
      ? notIdentified(
          "edge-high",
          `The loss is lowest at the largest sound rate ${etaText(eta(first))} and the next, ${etaText(minimum(beyond))}, diverged: add rates between them.`,
          n,
          { ...bound, upper: minimum(beyond) },
        )
      : notIdentified(
          "edge-high",
          `The loss is lowest at the largest rate ${etaText(eta(first))}: add larger rates.`,
          n,
          bound,
        )
  }
  const rival = rivalMinimum(levels, first, options.noise)
  if (rival !== undefined)
    return notIdentified(
      "two-minima",
      `Two minima, at eta ${etaText(eta(first))} and ${etaText(eta(rival))}, cannot be told apart: repeat the rates between and around them with other seeds.`,
      n,
      {
        lower: eta(Math.max(0, Math.min(first, rival) - 1)),
        upper: eta(Math.min(rates - 1, Math.max(first, rival) + 1)),
      },
    )
  return undefined
}

const minimum = (values: ReadonlyArray<number>): number => values.reduce((a, b) => Math.min(a, b), Infinity)

/** Fits windows of growing radius until one holds a minimum that the noise lets stand. */
const locate = (grouped: Grouped, first: number, options: ProfileOptions): Outcome => {
  const { levels, scatters } = grouped
  const level = options.level ?? 0.9
  const radius = options.window ?? 1
  const noise = options.noise
  const skew = options.skew ?? 0
  const radii = noise === undefined ? [radius] : [radius, radius + 1, radius + 2]
  for (const r of radii) {
    const window = windowAbout(levels, first, r, noise ?? 0)
    let scatter = 0
    for (let k = window[0]; k <= window[1]; k++) scatter += scatters[k]
    const part = slice(levels, window[0], window[1], scatter)
    const fit = fitParabola(part, skew)
    if (fit === undefined || fit.vertex < part.x[0] || fit.vertex > part.x[part.x.length - 1]) continue
    const doubt = doubtOf(fit, noise, options.noiseDegrees)
    if (noise !== undefined && doubt !== undefined && fit.fieller(doubt.sigma, level, doubt.degrees) === undefined)
      continue
    return found(fit, part, window, doubt, level, { skew, error: options.skewError ?? 0 })
  }
  const n = levels.repeats.reduce((sum, k) => sum + k, 0)
  return nothing(
    notIdentified(
      "no-minimum",
      `No minimum stands out about eta ${etaText(Math.exp(levels.x[first]))}${noise === undefined ? "" : ` above a noise of ${significant(noise, 2)} nats`}: add rates further out or repeat with other seeds.`,
      n,
    ),
  )
}

interface Doubt {
  readonly sigma: number
  readonly degrees: number
}

const doubtOf = (fit: ParabolaFit, noise: number | undefined, noiseDegrees: number | undefined): Doubt | undefined => {
  if (noise !== undefined) return { sigma: noise, degrees: noiseDegrees ?? Infinity }
  if (fit.degrees > 0) return { sigma: Math.sqrt(fit.residual / fit.degrees), degrees: fit.degrees }
  return undefined
}

const noResidual = unavailable("Three points leave no residual: supply a noise level, repeat seeds, or add rates.")

const found = (
  fit: ParabolaFit,
  part: Levels,
  window: readonly [number, number],
  doubt: Doubt | undefined,
  level: number,
  { skew, error }: { readonly skew: number; readonly error: number },
): Outcome => {
  const n = fit.degrees + 3
  const other = error > 0 ? fitParabola(part, skew + error) : undefined
  const shift = other === undefined ? 0 : other.vertex - fit.vertex
  const drop = other === undefined ? 0 : other.minimum - fit.minimum
  const eta = Math.exp(fit.vertex)
  const fieller = doubt === undefined ? undefined : fit.fieller(doubt.sigma, level, doubt.degrees)
  const reach = doubt === undefined ? 0 : twoSided(level, doubt.degrees) * shift
  const widened = (end: number): number =>
    fit.vertex + Math.sign(end - fit.vertex) * Math.hypot(end - fit.vertex, reach)
  const notes = skewed(part, fit)
    ? ["The profile is asymmetric within the window; finer rates would settle the optimum."]
    : []
  const linear = (value: number, unit: number, bySkew: number): Estimate => {
    const error = doubt === undefined ? undefined : Math.hypot(unit * doubt.sigma, bySkew)
    const half = doubt === undefined || error === undefined ? 0 : twoSided(level, doubt.degrees) * error
    return {
      _tag: "Estimate",
      value,
      scale: "linear",
      standardError: error ?? noResidual,
      interval: error === undefined ? undefined : { low: value - half, high: value + half, level },
      n,
      notes: [],
    }
  }
  return {
    eta: {
      _tag: "Estimate",
      value: eta,
      scale: "log",
      standardError: doubt === undefined ? noResidual : Math.hypot(fit.unit.vertex * doubt.sigma, shift),
      interval:
        doubt === undefined
          ? undefined
          : {
              ...openBeyond(
                fieller === undefined ? [-Infinity, Infinity] : [widened(fieller[0]), widened(fieller[1])],
                part.x,
              ),
              level,
            },
      n,
      notes,
    },
    loss: linear(fit.minimum, fit.unit.minimum, drop),
    curvature: linear(fit.curvature, fit.unit.curvature, (other?.curvature ?? fit.curvature) - fit.curvature),
    parabola: {
      center: eta,
      minimum: fit.minimum,
      curvature: fit.curvature,
      skew,
      from: Math.exp(part.x[0]),
      to: Math.exp(part.x[part.x.length - 1]),
    },
    window,
  }
}

/** Octaves beyond the window after which the parabola is no ground for an end of an interval. */
const farthest = 2

/** The interval in rates, open on a side where it ends far outside the window. */
const openBeyond = (
  [low, high]: readonly [number, number],
  x: ReadonlyArray<number>,
): { readonly low: number; readonly high: number } => ({
  low: low < x[0] - farthest * Math.LN2 ? 0 : Math.exp(low),
  high: high > x[x.length - 1] + farthest * Math.LN2 ? Infinity : Math.exp(high),
})

/** One side rises more than ten times as fast as the other, over equal distances from the lowest point. */
const skewed = (part: Levels, fit: ParabolaFit): boolean => {
  let k = 0
  for (let i = 1; i < part.x.length; i++) if (part.y[i] < part.y[k]) k = i
  if (k === 0 || k === part.x.length - 1) return false
  const left = (part.y[k - 1] - part.y[k]) / (part.x[k] - part.x[k - 1]) ** 2
  const right = (part.y[k + 1] - part.y[k]) / (part.x[k + 1] - part.x[k]) ** 2
  return Math.max(left, right) > 10 * Math.min(left, right) && fit.degrees <= 2
}
