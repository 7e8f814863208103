/**
 * Studies whose truth is known. With T the horizon and B the batch in tokens, x(T) = at2p20 (T / 2^20)^exponent for every power law:
 *
 *     loss(eta, B, T) = floor(B, T) + kappa(B, T) h(ln eta - ln eta*(B, T)) + trunk + reading
 *     floor(B, T)     = 1.8 + 0.4 (T_eff / 2^20)^-0.25,  T_eff = T / (1 + B / B_bal(T))
 *     h(z)            = (exp(s z) - s z - 1) / s^2, z^2 / 2 for s = 0: curvature 1, and the high side costs more for s > 0
 *     ln eta*(B, T)   = one of five forms in u = ln B - ln batchScale(T), over ln etaScale(T): see `lnForm`; and, where the truth has a
 *                       scatter, one normal draw for each (B, T): real optima do not lie on a law
 *
 * A run whose rate exceeds `stableUpTo` times eta* at some horizon is diverged from there on; its loss is NaN.
 *
 * Noise, nats: `trunk` is one normal draw for each run (batch x rate x seed) that all its readings share, of variance
 * shared * deviation^2; `reading` is one draw for each reading, with the rest of the variance. All draws are independent.
 */
import type { Row } from "../../packages/fit/src/index.ts"
import { random, type Sequence } from "../../packages/random/src/index.ts"

export type FormName = "bell" | "saturating" | "saturating-sqrt" | "power" | "constant"

export interface PowerOfTokens {
  readonly at2p20: number
  readonly exponent: number
}

export interface Truth {
  readonly form: FormName
  /** Learning rate: height of the bell, or what eta* tends to, or eta* at the batch scale. */
  readonly etaScale: PowerOfTokens
  /** Tokens: peak of the bell, B_crit(T), or the noise batch B_n(T) of the other forms. */
  readonly batchScale: PowerOfTokens
  /** Exponent in B of the form "power"; the others have none. */
  readonly batchExponent: number
  /** d2 loss / d(ln eta)^2 at eta*, nats; `batchExponent` in B over the batch scale at T. */
  readonly curvature: PowerOfTokens & { readonly batchExponent: number }
  /** s of h. */
  readonly skew: number
  /** B_bal(T), tokens: needs twice the data of a vanishing batch. */
  readonly balanceBatch: PowerOfTokens
  readonly stableUpTo: number
  /** Standard deviation of ln eta* of cells about the law. Default 0. */
  readonly scatter?: { readonly deviation: number; readonly seed: number }
}

export interface Noise {
  /** Standard deviation of one reading, nats. */
  readonly deviation: number
  /** Part of the variance shared along a trunk, 0 to 1. */
  readonly shared: number
}

/** Every rate of a batch is one trunk for each seed, read at all horizons. */
export interface Design {
  /** Tokens. */
  readonly batches: ReadonlyArray<number>
  /** Tokens, ascending. */
  readonly horizons: ReadonlyArray<number>
  /** Learning rates of each batch. */
  readonly rates: ReadonlyArray<ReadonlyArray<number>>
  readonly seeds: number
}

export interface Study {
  readonly truth: Truth
  readonly noise: Noise
  readonly design: Design
}

export const at = ({ at2p20, exponent }: PowerOfTokens, tokens: number): number =>
  at2p20 * (tokens / 2 ** 20) ** exponent

/** ln(eta* / etaScale) at u = ln(B / batchScale): the bell is arXiv 2410.05838, Eq. 3.1; the saturating ones are SGD's and its root. */
const lnForm = (form: FormName, u: number, batchExponent: number): number => {
  switch (form) {
    case "bell":
      return -Math.log(Math.cosh(u / 2))
    case "saturating":
      return -Math.log1p(Math.exp(-u))
    case "saturating-sqrt":
      return -Math.log1p(Math.exp(-u)) / 2
    case "power":
      return batchExponent * u
    case "constant":
      return 0
  }
}

/** Offset of a cell from the law: the same whenever it is asked. */
const offset = ({ scatter }: Truth, batch: number, tokens: number): number =>
  scatter === undefined ? 0 : scatter.deviation * random(scatter.seed, `cell/${batch}/${tokens}`).normal(0)

/** ln eta*(B, T). */
export const lnBestRate = (truth: Truth, batch: number, tokens: number): number =>
  offset(truth, batch, tokens) +
  Math.log(at(truth.etaScale, tokens)) +
  lnForm(truth.form, Math.log(batch / at(truth.batchScale, tokens)), truth.batchExponent)

/** h(z): its series about s z = 0, where the closed form loses its digits. */
export const profileShape = (skew: number, z: number): number => {
  const y = skew * z
  if (Math.abs(y) < 1e-3) return z * z * (1 / 2 + y / 6 + (y * y) / 24)
  return (Math.expm1(y) - y) / skew ** 2
}

export const curvatureAt = ({ curvature, batchScale }: Truth, batch: number, tokens: number): number =>
  at(curvature, tokens) * (batch / at(batchScale, tokens)) ** curvature.batchExponent

/** Loss at the best rate, nats. */
export const lowestLoss = (truth: Truth, batch: number, tokens: number): number => {
  const effective = tokens / (1 + batch / at(truth.balanceBatch, tokens))
  return 1.8 + 0.4 * (effective / 2 ** 20) ** -0.25
}

/** Noiseless loss, nats; NaN where the run has diverged at this horizon or one of those before it. */
export const noiselessLoss = (
  truth: Truth,
  eta: number,
  batch: number,
  tokens: number,
  horizons: ReadonlyArray<number>,
): number => {
  const z = (t: number) => Math.log(eta) - lnBestRate(truth, batch, t)
  if (horizons.some((t) => t <= tokens && z(t) > Math.log(truth.stableUpTo))) return NaN
  return lowestLoss(truth, batch, tokens) + curvatureAt(truth, batch, tokens) * profileShape(truth.skew, z(tokens))
}

/** The readings of a study, as a user would have them. */
export const simulate = ({ truth, noise, design }: Study, draws: Sequence): ReadonlyArray<Row> => {
  const { batches, horizons, rates, seeds } = design
  const rows: Array<Row> = []
  for (let seed = 0; seed < seeds; seed++)
    batches.forEach((batch, b) => {
      for (const eta of rates[b]) {
        const trunk = noise.deviation * Math.sqrt(noise.shared) * draws.normal()
        for (const tokens of horizons) {
          const reading = noise.deviation * Math.sqrt(1 - noise.shared) * draws.normal()
          const loss = noiselessLoss(truth, eta, batch, tokens, horizons) + trunk + reading
          rows.push({
            runId: `B${batch} eta${eta} seed${seed}`,
            seed,
            tokens,
            batch,
            eta,
            width: 64,
            average: "none",
            loss,
            status: Number.isNaN(loss) ? "diverged" : "finished",
            provenance: { synthetic: true },
          })
        }
      }
    })
  return rows
}
