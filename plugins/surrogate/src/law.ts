/**
 * The law that losses are drawn from. With T the horizon and B the batch in tokens, and a power law x(T) = at2p20 (T / 2^20)^exponent:
 *
 *     loss = floor + amplitude(T_eff) + sensitivity(T) / 2 * ln(eta / eta*(B, T))^2
 *     T_eff = T / (1 + 0.2 B / B_20(T))           so that B_20 needs 20 % more data than a tiny batch
 *     eta*(B, T) = the bell with its peak of height eta_crit(T) at B_crit(T)     (arXiv 2410.05838, Eq. 3.1)
 */
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
  /** d2 loss / d(ln eta)^2, nats. */
  readonly sensitivity: PowerOfTokens
  /** Batch with 20 % more data to the same loss, tokens. */
  readonly overheadBatch: PowerOfTokens
  /** Peak of the bell, tokens. */
  readonly peakBatch: PowerOfTokens
  /** Height of the bell, learning rate. */
  readonly peakEta: PowerOfTokens
  /** Rates above this multiple of eta* diverge. */
  readonly stableUpTo: number
}

export interface SurrogateNoise {
  /** Standard deviation of the part that all readings of one trunk share, nats. */
  readonly shared: number
  /** Standard deviation of the part of each reading, nats. */
  readonly reading: number
  readonly seed: number
}

export const defaultLaw: SurrogateLaw = {
  floor: 1.8,
  amplitude: { at2p20: 0.4, exponent: -0.25 },
  sensitivity: { at2p20: 0.05, exponent: -0.15 },
  overheadBatch: { at2p20: 2 ** 9, exponent: 0.47 },
  peakBatch: { at2p20: 2 ** 12, exponent: 1 },
  peakEta: { at2p20: 2 ** -6, exponent: 0 },
  stableUpTo: 64,
}

export const defaultNoise: SurrogateNoise = { shared: 0.002, reading: 0.002, seed: 1 }

export class LawError extends RangeError {
  readonly field: string
  constructor(field: string, value: unknown, wanted: string) {
    super(`surrogate law: ${field} is ${value}; it must be ${wanted}`)
    this.field = field
  }
}

/** @throws {LawError} naming the field that is out of range */
export const validateLaw = (law: SurrogateLaw, noise: SurrogateNoise): void => {
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
  finite("noise.shared", noise.shared, 0, false)
  finite("noise.reading", noise.reading, 0, false)
  if (!Number.isSafeInteger(noise.seed)) throw new LawError("noise.seed", noise.seed, "a whole number")
}

export const at = ({ at2p20, exponent }: PowerOfTokens, tokens: number): number =>
  at2p20 * (tokens / 2 ** 20) ** exponent

/** eta*(B, T) of the law. */
export const optimalEta = (law: SurrogateLaw, batch: number, tokens: number): number =>
  bellEta(batch, at(law.peakBatch, tokens), at(law.peakEta, tokens))

/** Noiseless loss, nats; undefined where the run diverges. */
export const lawLoss = (law: SurrogateLaw, eta: number, batch: number, tokens: number): number | undefined => {
  const away = Math.log(eta / optimalEta(law, batch, tokens))
  if (away > Math.log(law.stableUpTo)) return undefined
  const effective = tokens / (1 + (0.2 * batch) / at(law.overheadBatch, tokens))
  return law.floor + at(law.amplitude, effective) + (at(law.sensitivity, tokens) / 2) * away * away
}
