import { bellEta } from "../bell.ts"
import { defineLaw, type PublishedConstant } from "./law.ts"

const peakExponent: PublishedConstant = {
  value: 1,
  evidence: "summary",
  band: { low: 0.8, high: 1.2, meaning: "plus and minus the published 0.2" },
}
const bestBatch: PublishedConstant = { value: 2 ** 18, evidence: "summary" }
const bestBatchTokens: PublishedConstant = { value: 2 ** 30, evidence: "summary" }
/** ln(2^20/2^18) / ln(2^35/2^30). */
const bestBatchExponent: PublishedConstant = { value: 2 / 5, evidence: "summary" }

const shared = {
  citation: {
    authors: "Filatov, Ebert, Wang, Kesselheim",
    year: 2024,
    title: "Time Transfer: On Optimal Learning Rate and Batch Size In The Infinite Data Limit",
    arxiv: "2410.05838",
    url: "https://arxiv.org/abs/2410.05838",
  },
  conditions: {
    schedule: "warmup, then constant",
    optimizer: "decoupled AdamW",
    parametrisation: "muP",
    data: "C4, MPT of 32M to 354M parameters",
  },
  measured: { tokens: [2 ** 30, 2 ** 35], size: [32e6, 354e6], batch: [2 ** 16, 2 ** 26] },
} as const

const grown = (batch: number, ratio: number) => {
  const at = (exponent: number) => batch * ratio ** exponent
  const { value, band } = peakExponent
  const ends = [at(band?.low ?? value), at(band?.high ?? value)].sort((a, b) => a - b) as [number, number]
  return { batch: at(value), ends }
}

/** B_crit = B_peak (T/T_peak)^(1.0 +- 0.2): where the peak of eta*(B) goes. */
export const timeTransferPeak = defineLaw({
  ...shared,
  id: "time-transfer-peak",
  title: "Time transfer, peak of eta*(B)",
  definition: "The batch at which eta*(B) peaks at horizon T, from a peak measured at another.",
  formula: "B_crit = B_peak (T/T_peak)^(1.0 +- 0.2)",
  constants: { peakExponent },
  notes: ["Exponent from one data set, three sizes and a grid of batches a factor of four apart."],
  needs: ["tokens", "peak.batch", "peak.tokens"],
  evaluate: ({ tokens, peak }) => {
    const { batch, ends } = grown(peak.batch, tokens / peak.tokens)
    return { criticalBatch: batch, ranges: { criticalBatch: ends } }
  },
})

/** B* = 2^18 (T/2^30)^(2/5) tokens, through the two published optima: 2^18 at T = 2^30 and 2^20 at T = 2^35. */
export const timeTransferBatch = defineLaw({
  ...shared,
  id: "time-transfer-batch",
  title: "Time transfer, best batch",
  definition: "The loss-minimising batch at horizon T, the rate tuned for each batch and constant.",
  formula: "B* = 2^18 (T/2^30)^(2/5)",
  constants: { bestBatch, bestBatchTokens, bestBatchExponent },
  notes: ["Two points on a grid of batches a factor of four apart: one step of the grid."],
  needs: ["tokens"],
  evaluate: ({ tokens }) => ({
    batch: bestBatch.value * (tokens / bestBatchTokens.value) ** bestBatchExponent.value,
  }),
})

/**
 * Eq. 3.1 with its peak moved to T: B_crit = B_peak (T/T_peak)^(1.0 +- 0.2), eta_crit = eta_peak (T/T_peak)^alpha_eta. No alpha_eta was
 * found published, so it is asked for; 0 keeps the height.
 */
export const timeTransferRate = defineLaw({
  ...shared,
  id: "time-transfer-rate",
  title: "Time transfer, rate at a batch",
  definition: "The loss-minimising constant rate at given B and T, from the peak of eta*(B) at another horizon.",
  formula:
    "eta = eta_crit(T) / (0.5 (sqrt(B/B_crit) + sqrt(B_crit/B))), B_crit ~ T^(1.0 +- 0.2), eta_crit ~ T^alpha_eta",
  constants: { peakExponent },
  notes: ["alpha_eta is not shipped: no published value was found."],
  needs: ["tokens", "batch", "peak.eta", "peak.batch", "peak.tokens", "coefficients.peakEtaExponent"],
  evaluate: ({ tokens, batch, peak, coefficients }) => {
    const ratio = tokens / peak.tokens
    const height = peak.eta * ratio ** coefficients.peakEtaExponent
    const moved = grown(peak.batch, ratio)
    const ends = moved.ends.map((location) => bellEta(batch, location, height))
    const eta = bellEta(batch, moved.batch, height)
    // Between the ends the peak may pass the batch itself: the rate is highest there.
    const passed = moved.ends[0] < batch && batch < moved.ends[1]
    return {
      eta,
      criticalBatch: moved.batch,
      ranges: {
        eta: [Math.min(...ends), passed ? height : Math.max(...ends)],
        criticalBatch: moved.ends,
      },
    }
  },
})
