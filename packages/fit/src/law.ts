import type { FormName } from "./joint/form.ts"
import type { NotIdentified, Result } from "./result.ts"

/** What became of one measured point of a loss profile. */
export type PointUse = "window" | "outside-window" | "diverged" | "pruned"

/** One learning rate of a profile; repeated seeds are repeated points. */
export interface ProfilePoint {
  readonly eta: number
  readonly loss: number
  readonly runId: string
  readonly seed: number
  readonly use: PointUse
}

/**
 * The curve that was fitted, for drawing: loss = minimum + curvature * (exp(s z) - 1 - s z) / s^2 with z = ln eta - ln center and s the
 * skew; minimum + curvature / 2 * z^2 where the skew is zero. See `profileLoss`.
 */
export interface Parabola {
  readonly center: number
  readonly minimum: number
  /** d2 loss / d(ln eta)^2, nats. */
  readonly curvature: number
  /** Third over second derivative at the minimum, per unit of ln eta; 0 for a parabola. */
  readonly skew: number
  /** Learning rates between which it was fitted. */
  readonly from: number
  readonly to: number
}

/** One model at one way of reading its weights. */
export interface Slice {
  /** d_model; 0 where unknown. */
  readonly width: number
  /** Parameters; 0 where unknown. */
  readonly size: number
  readonly average: string
}

/** A loss profile over eta at one (batch, horizon) of one slice, and what it says. */
export interface Cell extends Slice {
  /** Tokens. */
  readonly batch: number
  /** Horizon, tokens. */
  readonly tokens: number
  /** Fewest optimiser steps after warmup among its readings; absent where rows carry no steps. */
  readonly stepsAfterWarmup?: number
  /** Lowest sound measured loss and its rate; absent where every point diverged. */
  readonly best: { readonly eta: number; readonly loss: number } | undefined
  /** eta*, learning rate. */
  readonly eta: Result
  /** Loss at eta*, nats. */
  readonly loss: Result
  /** d2 loss / d(ln eta)^2 at eta*, nats. */
  readonly curvature: Result
  /** Mean excess loss over a factor of two about eta*, nats; see `sensitivity`. */
  readonly sensitivity: Result
  readonly parabola: Parabola | undefined
  readonly points: ReadonlyArray<ProfilePoint>
}

/** eta*(B) at one horizon, as the joint fit of all cells has it. */
export interface Bell {
  readonly tokens: number
  /** Location of the peak of eta*(B), tokens (paper 1, Eq. 3.1). */
  readonly peakBatch: Result
  /** Height of the peak, learning rate. */
  readonly peakEta: Result
  /** ln eta*(B) of the cells that entered. */
  readonly points: ReadonlyArray<{
    readonly batch: number
    readonly eta: number
    readonly standardError: number | undefined
  }>
}

/** Tokens needed by each batch to reach the loss that the reference batch has at `tokens`. */
export interface OverheadAt {
  /** Horizon of the reference batch, tokens. */
  readonly tokens: number
  /** Nats. */
  readonly targetLoss: number
  /** Smallest batch measured, tokens. */
  readonly referenceBatch: number
  /** 0.2 for "20 % more data". */
  readonly overhead: number
  /** The batch at which `overhead` more data is needed, tokens. */
  readonly batch: Result
  /** Data needed against the reference batch; `tokens` absent where the target is not reached within the measured horizons. */
  readonly points: ReadonlyArray<{
    readonly batch: number
    readonly tokens: number | undefined
    readonly ratio: number | undefined
  }>
}

/** The batch with the lowest loss at one horizon, each at its best rate. */
export interface BestBatchAt {
  readonly tokens: number
  /** Tokens. */
  readonly batch: Result
  /** Loss there, nats. */
  readonly loss: Result
  readonly points: ReadonlyArray<{ readonly batch: number; readonly loss: number }>
}

/** y = prefactor * (T / reference)^exponent. */
export interface PowerLaw {
  readonly exponent: Result
  /** Value at `reference`. */
  readonly prefactor: Result
  /** Horizon at which the prefactor holds, tokens: geometric mean of the horizons fitted. */
  readonly reference: number
  /** Horizons that entered, tokens. */
  readonly horizons: ReadonlyArray<number>
  /** Covariance of (ln prefactor, exponent), row by row; absent where unidentified. */
  readonly covariance: readonly [number, number, number, number] | undefined
  /** Standard deviation of ln y about the line, and its degrees of freedom. */
  readonly residual: { readonly deviation: number; readonly degrees: number } | undefined
}

export type RegimeVerdict = "rises" | "flat" | "falls" | "not identified"

/** How eta* moves with the horizon at a fixed batch. */
export interface Regime {
  readonly batch: number
  /** d ln eta* / d ln T. */
  readonly slope: Result
  readonly verdict: RegimeVerdict
  readonly horizons: ReadonlyArray<number>
}

/** Verdict of two one-sided tests against a stated margin. */
export interface Equivalence {
  /** Logarithm of second over first, octaves, linear scale. */
  readonly difference: Result
  /** Octaves. */
  readonly margin: number
  /** `equivalent`: interval inside the margin. `different`: interval outside it. */
  readonly verdict: "equivalent" | "different" | "not identified"
}

/** Whether two widths have the same eta* over the same cells. */
export interface WidthAgreement {
  readonly widths: readonly [number, number]
  /** Mean of log2 eta*(second) - log2 eta*(first), octaves, linear scale. */
  readonly difference: Result
  /** Stated margin, octaves. */
  readonly margin: number
  /** `equivalent`: interval inside the margin. `different`: interval outside it. */
  readonly verdict: "equivalent" | "different" | "not identified"
  readonly cells: number
  /** Whether they have the same law of the bell: the same B_crit and the same eta_crit at every horizon. Absent outside `fitLaw`. */
  readonly laws?: { readonly peakBatch: Equivalence; readonly peakEta: Equivalence }
}

/** Noise of a loss: a part shared by all readings of a trunk, and a part of each reading. Nats. */
export interface NoiseLevel {
  /** Standard deviation of one loss reading: sqrt(trunk^2 + reading^2). */
  readonly deviation: number
  /** Part of the variance shared along a trunk, 0 to 1. */
  readonly shared: number
  readonly source: "supplied" | "residuals" | "unknown"
  /** Degrees of freedom it rests on; Infinity where supplied, 0 where unknown. */
  readonly degrees: number
}

/** How well a form predicts the longer third of the horizons from the shorter ones. */
export interface HeldOut {
  /** Horizons held out, tokens. */
  readonly horizons: ReadonlyArray<number>
  readonly cells: number
  /** Root of the weighted mean square of predicted less measured ln eta*. */
  readonly error: number
  /** Minus twice the log density of what was measured there, up to what all forms share: the smaller the better. */
  readonly surprise: number
}

/** One form of eta*(B), fitted to all cells at once. */
export interface FormScore {
  readonly form: FormName
  /** Number of parameters. */
  readonly parameters: number
  /** Minus twice the log likelihood, up to what all forms share. */
  readonly misfit: number
  readonly aic: number
  readonly bic: number
  /** Absent where there are too few horizons. */
  readonly heldOut: HeldOut | undefined
}

/** Which form of eta*(B) the data support. */
export interface FormComparison {
  /** Best prediction of held-out horizons first; by BIC where none can be held out. */
  readonly scores: ReadonlyArray<FormScore>
  /** A form is named only where every other is ruled out. */
  readonly verdict: { readonly form: FormName } | { readonly undecided: ReadonlyArray<FormName> }
  readonly words: string
}

/**
 * The laws fitted to all loss profiles at once, with what they were fitted to, so that predictions and their intervals
 * can be made from it. ln eta* = height + shape(ln B - place); see `fitLaw`.
 */
export interface JointLaw {
  /** The form that speaks: the one the comparison names, else the bell. */
  readonly form: FormName
  readonly terms: { readonly tokens: boolean; readonly size: boolean }
  /** Logarithms of batch and horizon (tokens) and size (parameters) from which the parameters count. */
  readonly origin: { readonly lnBatch: number; readonly lnTokens: number; readonly lnSize: number }
  /** Parameters, minimum of the misfit and scatter of ln eta* about the law, by form. */
  readonly fits: Readonly<
    Partial<
      Record<
        FormName,
        {
          readonly parameters: ReadonlyArray<number>
          readonly misfit: number
          readonly scatter: number
          readonly degrees: number
        }
      >
    >
  >
  /** Exponents of the form that speaks. */
  readonly exponents: JointExponents
  /** Of the noise of the losses; Infinity where it was supplied. */
  readonly noiseDegrees: number
  readonly evidence: PlainEvidence
}

/**
 * How the height and the batch scale of a form follow horizon and size; absent where they have no such power. For the bell the scale is
 * the peak B_crit, for the saturating forms B_n.
 */
export interface JointExponents {
  readonly heightInTokens?: Result
  readonly heightInSize?: Result
  readonly scaleInTokens?: Result
  readonly scaleInSize?: Result
  /** Of the batch itself, in the form of a power. */
  readonly inBatch?: Result
}

/** Loss at the best rate as a law of batch and horizon; see `lossAt`. */
export interface LossSurface {
  readonly _tag: "LossSurface"
  /** T_0: horizon at which the parameters hold, tokens. */
  readonly reference: number
  /** Nats that no amount of data removes. */
  readonly floor: Result
  /** Exponent of the reducible loss in the data. */
  readonly exponent: Result
  /** B_bal = E_min/S_min at T_0, tokens: the batch with twice the data of a vanishing one. */
  readonly balanceBatch: Result
  /** Exponent of B_bal in the horizon. */
  readonly growth: Result
  /** floor, ln of the reducible loss at T_0, exponent, ln B_bal, growth. */
  readonly parameters: ReadonlyArray<number>
  /** Row by row. */
  readonly covariance: ReadonlyArray<number>
  /** Standard deviation of cells about the law beyond their own errors, nats. */
  readonly scatter: number
  readonly degrees: number
  readonly cells: number
}

/** Slopes of all profiles and their covariance, as plain arrays; by cell, and by block of correlated cells. */
export interface PlainEvidence {
  readonly skew: number
  readonly skewError: number
  readonly slopeBySkew: ReadonlyArray<number>
  readonly curvatureBySkew: ReadonlyArray<number>
  readonly reference: ReadonlyArray<number>
  readonly slope: ReadonlyArray<number>
  readonly curvature: ReadonlyArray<number>
  readonly lnBatch: ReadonlyArray<number>
  readonly lnTokens: ReadonlyArray<number>
  readonly lnSize: ReadonlyArray<number>
  readonly blocks: ReadonlyArray<{
    readonly cells: number
    readonly slopes: ReadonlyArray<number>
    readonly mixed: ReadonlyArray<number>
    readonly curvatures: ReadonlyArray<number>
  }>
}

export type Conditions = Readonly<Record<string, string | number | boolean>>

export interface RowSummary {
  readonly rows: number
  readonly used: number
  readonly dropped: number
  /** Each reason once, with how many rows and the first few of them, by index. */
  readonly reasons: ReadonlyArray<{
    readonly reason: string
    readonly rows: number
    readonly examples: ReadonlyArray<number>
  }>
}

/** All that a study says, as plain data. Statements about `slice` unless they name a width. */
export interface Law {
  readonly version: 2
  readonly slice: Slice
  /** Coverage of every interval. */
  readonly level: number
  readonly noise: NoiseLevel
  /** All cells, of every slice. */
  readonly cells: ReadonlyArray<Cell>
  readonly bells: ReadonlyArray<Bell>
  readonly overheads: ReadonlyArray<OverheadAt>
  readonly bestBatches: ReadonlyArray<BestBatchAt>
  readonly powerLaws: {
    /** Peak of the bell, B_crit(T). */
    readonly peakBatch: PowerLaw
    /** Height of the bell, eta_crit(T). */
    readonly peakEta: PowerLaw
    /** Batch with `overhead` more data than the smallest measured one needs. Its exponent is too small unless that one is tiny. */
    readonly overheadBatch: PowerLaw
    /** E_min/S_min, the batch with twice the data of a vanishing one; from the overhead batch, less what its reference hides. */
    readonly balanceBatch: PowerLaw
    /** Loss-optimal batch. */
    readonly bestBatch: PowerLaw
  }
  readonly regimes: ReadonlyArray<Regime>
  readonly widths: ReadonlyArray<WidthAgreement>
  /** Which form of eta*(B) the data support. */
  readonly forms: FormComparison
  /** Absent where no profile says anything about a slope. */
  readonly joint: JointLaw | undefined
  /** Loss at the best rate, of the slice. */
  readonly lossSurface: LossSurface | NotIdentified
  readonly conditions: Conditions
  readonly summary: RowSummary
  /** Parametric bootstrap behind the intervals; no resamples where no noise level is known. */
  readonly bootstrap: { readonly resamples: number; readonly seed: number }
}

/** What to use for a run, with its doubt and what it stands on. */
export interface Prediction {
  readonly tokens: number
  /** Recommended, or the one asked for, tokens. */
  readonly batch: Result
  readonly eta: Result
  /** Loss at the best rate by the law of the loss, nats per token. */
  readonly loss: Result
  /** What the forms of eta*(B) that the data do not rule out would say. */
  readonly alternatives: ReadonlyArray<{ readonly form: FormName; readonly eta: Result }>
  /** Expected excess loss from using `eta` instead of the true optimum, nats. */
  readonly regret: Result
  /** Factors beyond the measured range, 1 inside it. */
  readonly extrapolation: {
    readonly tokens: number
    readonly batch: number
    readonly width?: number
    readonly size?: number
  }
  readonly conditions: Conditions
  /** What the answer takes for granted. */
  readonly notes: ReadonlyArray<string>
  /** One sentence: which law spoke. */
  readonly method: string
}

/** Options of `fitLaw`. */
export interface FitOptions {
  /** Standard deviation of one loss reading, nats; else from the residuals of the profiles, repeated seeds among them. */
  readonly noise?: number
  /** Part of the variance shared along a trunk, 0 to 1. Default: estimated; 0.5 where that cannot be. */
  readonly sharedNoise?: number
  /** Default 0.9. */
  readonly level?: number
  /** Default 0.2. */
  readonly overhead?: number
  /** Parametric bootstrap resamples. Default 200. */
  readonly resamples?: number
  /** Seed of the bootstrap. Default 0: the same seed gives the same digits. */
  readonly seed?: number
  /** Which model the laws are about. Default: the one with most cells. */
  readonly width?: number
  readonly size?: number
  /** Fit all sizes together, with powers of the size. Default: where rows carry three sizes or more, a factor of two apart or more from end to end. */
  readonly sizes?: boolean
  /** Which weights. Default `"none"` where present, else the most frequent. */
  readonly average?: string
  /** Equivalence margin between widths, octaves. Default 0.25. */
  readonly widthMargin?: number
  /** Passed through to the law and its predictions: schedule, optimiser, data … */
  readonly conditions?: Conditions
}
