/**
 * AdamW's weights are an exponential moving average of its updates, over `1 / (eta lambda)` steps (Wang and Aitchison 2024,
 * arXiv 2405.13698). As a fraction of a run of `D` tokens in batches of `B` this is
 *
 *     tau = B / (eta lambda D)   coupled to the rate (Bergsma et al. 2025, "Power Lines", arXiv 2505.13738)
 *     tau = B / (lambda D)       independent of it (MosaicML's decoupled AdamW)
 *
 * both at the peak rate; where the schedule decays, the average is longer than tau says.
 */
import { check, requireFinite, requirePositive, requireSize, ScheduleError } from "./ScheduleError.ts"

/** A run, as far as its timescale goes. Under coupled decay `eta` is the peak rate of the tensor in question. */
export type TimescaleRun = {
  /** B, tokens. */
  readonly batch: number
  /** D, tokens of the whole run. */
  readonly tokens: number
} & ({ readonly coupling: "coupled-to-lr"; readonly eta: number } | { readonly coupling: "independent" })

/** tau times lambda: `B / (eta D)` or `B / D`. */
const scale = (run: TimescaleRun): number => {
  requireSize("batch", run.batch)
  requireSize("tokens", run.tokens)
  switch (run.coupling) {
    case "coupled-to-lr":
      requirePositive("eta", run.eta)
      return run.batch / run.tokens / run.eta
    case "independent":
      return run.batch / run.tokens
    default:
      throw new ScheduleError("coupling", (run as { coupling: unknown }).coupling, "coupled-to-lr or independent")
  }
}

/** tau, the averaging timescale as a fraction of the run; infinite without weight decay. Throws `ScheduleError`. */
export const timescaleOf = (run: TimescaleRun, weightDecay: number): number => {
  check(weightDecay >= 0 && weightDecay < Number.POSITIVE_INFINITY, "weightDecay", weightDecay, "finite, 0 or more")
  return scale(run) / weightDecay
}

/**
 * lambda for the timescale `tau` (a fraction of the run). Throws `ScheduleError`, also where `tau` is shorter than one
 * step: weights would change sign.
 */
export const weightDecayFor = (run: TimescaleRun, tau: number): number => {
  requirePositive("tau", tau)
  const lambda = scale(run) / tau
  const step = run.batch / run.tokens
  check(tau >= step, "tau", tau, `at least one step, batch / tokens = ${step}`)
  return lambda
}

/**
 * The best timescale by Power Lines (arXiv 2505.13738): `tau = coefficient * tokensPerParameter^exponent`. The exponent
 * -0.527 is theirs (bootstrap 10 to 90 %: -0.529 to -0.507); we could not verify their coefficient, so it is yours to give.
 */
export const powerLinesTimescale = (options: {
  readonly coefficient: number
  readonly tokensPerParameter: number
  readonly exponent?: number
}): number => {
  const { coefficient, tokensPerParameter, exponent = -0.527 } = options
  requirePositive("coefficient", coefficient)
  requirePositive("tokensPerParameter", tokensPerParameter)
  requireFinite("exponent", exponent)
  return coefficient * tokensPerParameter ** exponent
}
