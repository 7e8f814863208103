import { defineLaw, type PublishedConstant } from "./law.ts"

/** Defaults of a public implementation of the scheduler. */
const amplitude: PublishedConstant = { value: 4, evidence: "summary" }
const exponent: PublishedConstant = { value: -0.51, evidence: "summary" }
const ceiling: PublishedConstant = { value: 0.02, evidence: "summary" }

const shared = {
  citation: {
    authors: "Shen, Stallone, Mishra, Zhang, Tan, Prasad, Soria, Cox, Panda (IBM)",
    year: 2024,
    title: "Power Scheduler: A Batch Size and Token Number Agnostic Learning Rate Scheduler",
    arxiv: "2408.13359",
    url: "https://arxiv.org/abs/2408.13359",
  },
} as const

const conditions = {
  parametrisation: "muP, base width 256: hidden matrices take eta d_base / d",
  data: "RedPajama, sequences of 4096 tokens",
}

/** eta_opt = a B T^-0.51: the constant rate of warmup-stable-decay for T tokens. The coefficient is the caller's. */
export const powerLawRate = defineLaw({
  ...shared,
  id: "power-law-rate",
  title: "Power law of the stable rate",
  definition: "The loss-minimising rate of the stable phase of warmup-stable-decay at given T and B.",
  formula: "eta = a B T^-0.51, a per token of batch",
  conditions: { ...conditions, schedule: "1e9 tokens warmup, constant, last 10 % decayed" },
  constants: { exponent },
  measured: { tokens: [2e9, 256e9], size: [12e6, 121e6] },
  notes: [
    "Proportional to B, not to its square root; fitted on the three best batches of each T.",
    "The coefficient goes with a unit of the batch (sequences of some length): divide it by that length, tokens.",
    "eta is the rate at the base width of muP.",
  ],
  needs: ["tokens", "batch", "coefficients.stableRate"],
  evaluate: ({ tokens, batch, coefficients }) => ({
    eta: coefficients.stableRate * batch * tokens ** exponent.value,
  }),
})

/** eta(n) = min(0.02, beta 4 n^-0.51): the rate after n tokens, before the final decay. The batch factor beta is the caller's. */
export const powerScheduler = defineLaw({
  ...shared,
  id: "power-scheduler",
  title: "Power scheduler",
  definition: "The rate that the power schedule has reached when `tokens` tokens are trained, before its final decay.",
  formula: "eta(n) = min(0.02, beta 4 n^-0.51)",
  conditions: { ...conditions, schedule: "linear warmup to eta(n_warmup), the power law, then decay to zero" },
  constants: { amplitude, exponent, ceiling },
  measured: { tokens: [2e9, 128e9], size: [36e6, 36e6] },
  notes: [
    "A schedule, not a peak rate: it falls during the run.",
    "Implementations differ in whether a factor of the batch enters, and in which unit: 1 is the schedule without it.",
    "eta is the rate at the base width of muP.",
  ],
  needs: ["tokens", "coefficients.scheduleBatchFactor"],
  evaluate: ({ tokens, coefficients }) => ({
    eta: Math.min(ceiling.value, coefficients.scheduleBatchFactor * amplitude.value * tokens ** exponent.value),
  }),
})
