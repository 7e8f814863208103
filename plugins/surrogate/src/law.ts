/**
 * The law that losses are drawn from. With T the horizon and B the batch in tokens, and a power law x(T) = at2p20 (T / 2^20)^exponent:
 *
 *     loss = floor + amplitude(T_eff) + sensitivity(T) h(ln eta - ln eta*(B, T))
 *     T_eff = T / (1 + 0.2 B / B_20(T))           so that B_20 needs 20 % more data than a tiny batch
 *     eta*(B, T) = the bell with its peak of height eta_crit(T) at B_crit(T)     (arXiv 2410.05838, Eq. 3.1)
 *     h(z) = (exp(s z) - 1 - s z) / s^2           curvature 1; with the skew s > 0, rates too high cost more than rates too low
 */
import type { EvaluationNoise } from "@ts/backend"
import { bellEta } from "@ts/fit"

/** value(T) = at2p20 * (T / 2^20)^exponent: anchored at a horizon people meet, so that the parts can be read and set. */
export interface PowerOfTokens {
  readonly at2p20: number
  readonly exponent: number
}

export interface SurrogateLaw {
  /** Nats that no amount of data removes. */
  readonly floor: number
  /** Nats above the floor at the best rate and a tiny batch; its exponent is negative. */
  readonly amplitude: PowerOfTokens
  /** d2 loss / d(ln eta)^2 at eta*, nats. */
  readonly sensitivity: PowerOfTokens
  /** s of h: third over second derivative of the loss in ln eta at eta*. 0 is a parabola. */
  readonly skew: number
  /** Batch with 20 % more data to the same loss, tokens. */
  readonly overheadBatch: PowerOfTokens
  /** Peak of the bell, tokens. */
  readonly peakBatch: PowerOfTokens
  /** Height of the bell, learning rate. */
  readonly peakEta: PowerOfTokens
  /** Rates above this multiple of eta* diverge. */
  readonly stableUpTo: number
}

/**
 * One octave off costs 0.018 nats above eta* and 0.009 below at T = 2^20 (0.030 and 0.015 at 2^15), two octaves 0.11 and 0.027, three 0.41
 * and 0.048: as wide and as asymmetric as the profiles of a byte-level transformer of width 64 at T = 2^15..2^19, where one octave off costs
 * 0.005 to 0.04 nats and the third octave too high another 0.36.
 */
export const defaultLaw: SurrogateLaw = {
  floor: 1.8,
  amplitude: { at2p20: 0.4, exponent: -0.25 },
  sensitivity: { at2p20: 0.05, exponent: -0.15 },
  skew: 1.5,
  overheadBatch: { at2p20: 2 ** 9, exponent: 0.47 },
  peakBatch: { at2p20: 2 ** 12, exponent: 1 },
  peakEta: { at2p20: 2 ** -6, exponent: 0 },
  stableUpTo: 12,
}

/** 0.003 nats a reading, half of the variance shared by the readings of a trunk. */
export const defaultNoise: EvaluationNoise = { deviation: 0.003, shared: 0.5, seed: 1 }

export class LawError extends RangeError {
  readonly field: string
  constructor(field: string, value: unknown, wanted: string) {
    super(`surrogate law: ${field} is ${value}; it must be ${wanted}`)
    this.field = field
  }
}

/** @throws {LawError} naming the field that is out of range */
export const validateLaw = (law: SurrogateLaw): void => {
  const finite = (field: string, value: number, least: number, strict: boolean) => {
    if (!Number.isFinite(value) || value < least || (strict && value === least)) {
      throw new LawError(field, value, `a finite number ${strict ? "above" : "of at least"} ${least}`)
    }
  }
  finite("floor", law.floor, 0, false)
  finite("stableUpTo", law.stableUpTo, 1, true)
  for (const name of ["amplitude", "sensitivity", "overheadBatch", "peakBatch", "peakEta"] as const) {
    finite(`${name}.at2p20`, law[name].at2p20, 0, true)
    finite(`${name}.exponent`, law[name].exponent, -10, false)
  }
  finite("skew", law.skew, -10, false)
}

export const at = ({ at2p20, exponent }: PowerOfTokens, tokens: number): number =>
  at2p20 * (tokens / 2 ** 20) ** exponent

/** eta*(B, T) of the law. */
export const optimalEta = (law: SurrogateLaw, batch: number, tokens: number): number =>
  bellEta(batch, at(law.peakBatch, tokens), at(law.peakEta, tokens))

/** h(z): its series about s z = 0, where the closed form loses its digits. */
const profileShape = (skew: number, z: number): number => {
  const y = skew * z
  if (Math.abs(y) < 1e-3) return z * z * (1 / 2 + y / 6 + (y * y) / 24)
  return (Math.expm1(y) - y) / (skew * skew)
}

/** Noiseless loss, nats; undefined where the run diverges. */
export const lawLoss = (law: SurrogateLaw, eta: number, batch: number, tokens: number): number | undefined => {
  const away = Math.log(eta / optimalEta(law, batch, tokens))
  if (away > Math.log(law.stableUpTo)) return undefined
  const effective = tokens / (1 + (0.2 * batch) / at(law.overheadBatch, tokens))
  return law.floor + at(law.amplitude, effective) + at(law.sensitivity, tokens) * profileShape(law.skew, away)
}
