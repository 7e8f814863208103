/** AdamW's timescale as a fraction of the run, and the decay that gives a timescale. */
export interface TimescaleRun {
  readonly eta: number
  /** Tokens. */
  readonly batch: number
  readonly tokens: number
}

/**
 * tau = B / (eta lambda D): AdamW's weights are an exponential average of their updates over 1/(eta lambda) steps, here as a fraction of
 * the D/B steps of the run. Wang and Aitchison 2024 (arXiv 2405.13698) for epochs, Bergsma et al. 2025 (arXiv 2505.13738) for one pass.
 *
 * @param weightDecay lambda of w <- w (1 - eta_t lambda)
 */
export const adamwTimescale = ({ eta, batch, tokens, weightDecay }: TimescaleRun & { readonly weightDecay: number }) =>
  batch / (eta * weightDecay * tokens)

/** lambda = B / (eta tau D). */
export const decayForTimescale = ({ eta, batch, tokens }: TimescaleRun, timescale: number): number =>
  batch / (eta * timescale * tokens)
