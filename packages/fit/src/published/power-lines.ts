import { defineLaw, type PublishedConstant } from "./law.ts"
import { adamwTimescale, decayForTimescale } from "./timescale.ts"

/** Exponent of tau_opt in tokens per parameter. */
const timescaleExponent: PublishedConstant = {
  value: -0.527,
  evidence: "summary",
  band: { low: -0.529, high: -0.507, meaning: "10 % and 90 % of the bootstrap" },
}
const batchExponent: PublishedConstant = { value: 0.383, evidence: "summary" }

const shared = {
  citation: {
    authors: "Bergsma, Dey, Gosal, Gray, Soboleva, Hestness (Cerebras)",
    year: 2025,
    title: "Power Lines: Scaling Laws for Weight Decay and Batch Size in LLM Pre-training",
    arxiv: "2505.13738",
    url: "https://arxiv.org/abs/2505.13738",
  },
  conditions: {
    schedule: "10 % linear warmup, linear decay to zero",
    optimizer: "AdamW",
    parametrisation: "muP",
    data: "SlimPajama, sequences of 2048 tokens",
  },
  measured: { size: [111e6, 3.3e9] },
} as const

/** B over which lambda was seen to be linear in B, at 610M parameters. */
const linearIn = [63 * 2048, 2016 * 2048] as const

const decayNotes = [
  "eta is the rate that the decayed weights see, so after any muP factor.",
  "Which parameters the paper counts in tokens per parameter was not confirmed; the same count must be used throughout.",
]

/**
 * tau_opt = c TPP^-0.527 and lambda_opt = B / (eta tau_opt D), TPP = D/N, with c given. Linear in B up to the critical batch; the
 * published c could not be confirmed and is not shipped.
 */
export const powerLinesDecay = defineLaw({
  ...shared,
  id: "power-lines-decay",
  title: "Power Lines, weight decay",
  definition: "The weight decay with the lowest loss at given N, D, B and eta, through the optimal AdamW timescale.",
  formula: "tau_opt = c (D/N)^-0.527; lambda = B / (eta tau_opt D)",
  constants: { timescaleExponent },
  measured: { ...shared.measured, batch: linearIn },
  notes: ["c is not shipped: its published value could not be confirmed.", ...decayNotes],
  needs: ["tokens", "size", "batch", "eta", "coefficients.timescale"],
  evaluate: ({ tokens, size, batch, eta, coefficients }) => {
    const timescale = coefficients.timescale * (tokens / size) ** timescaleExponent.value
    return { timescale, weightDecay: decayForTimescale({ eta, batch, tokens }, timescale) }
  },
})

/** The same law from a tuned run, which takes the coefficient's place: tau = tau_ref (TPP / TPP_ref)^-0.527. */
export const powerLinesDecayFromReference = defineLaw({
  ...shared,
  id: "power-lines-decay-from-reference",
  title: "Power Lines, weight decay from a reference",
  definition:
    "The weight decay that moves the AdamW timescale of a tuned run with the tokens per parameter, at given N, D, B and eta.",
  formula: "tau = tau_ref ((D/N) / (D_ref/N_ref))^-0.527; lambda = B / (eta tau D)",
  constants: { timescaleExponent },
  measured: { ...shared.measured, batch: linearIn },
  notes: ["Assumes that the reference's weight decay was tuned.", ...decayNotes],
  needs: [
    "tokens",
    "size",
    "batch",
    "eta",
    "reference.eta",
    "reference.batch",
    "reference.tokens",
    "reference.size",
    "reference.weightDecay",
  ],
  evaluate: ({ tokens, size, batch, eta, reference }) => {
    const before = adamwTimescale(reference)
    const ratio = tokens / size / (reference.tokens / reference.size)
    const { value, band } = timescaleExponent
    const at = (exponent: number) => before * ratio ** exponent
    const run = { eta, batch, tokens }
    const ends = [at(band?.low ?? value), at(band?.high ?? value)].sort((a, b) => a - b) as [number, number]
    return {
      timescale: at(value),
      weightDecay: decayForTimescale(run, at(value)),
      ranges: { timescale: ends, weightDecay: [decayForTimescale(run, ends[1]), decayForTimescale(run, ends[0])] },
    }
  },
})

/** B_opt = c D^0.383 tokens, independent of N, with c given. */
export const powerLinesBatch = defineLaw({
  ...shared,
  id: "power-lines-batch",
  title: "Power Lines, batch",
  definition: "The loss-minimising batch at given D, independent of N, the rate decayed to zero.",
  formula: "B = c D^0.383, c for B in tokens",
  constants: { batchExponent },
  notes: ["c is not shipped: its published value could not be confirmed."],
  needs: ["tokens", "coefficients.bestBatch"],
  evaluate: ({ tokens, coefficients }) => ({ batch: coefficients.bestBatch * tokens ** batchExponent.value }),
})
