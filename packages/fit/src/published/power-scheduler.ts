import { defineLaw, type PublishedConstant } from "./law.ts"

/** beta counts sequences of this many tokens, the only length the paper trained on. */
const sequence = 4096
const fittedAmplitude: PublishedConstant = {
  value: 4.6,
  evidence: "paper",
  band: { low: 4.34, high: 4.86, meaning: "fits of the three sizes alone, each with an exponent of its own" },
}
const amplitude: PublishedConstant = { value: 4, evidence: "paper" }
const fittedExponent: PublishedConstant = {
  value: -0.51,
  evidence: "paper",
  band: { low: -0.513, high: -0.507, meaning: "fits of the three sizes alone" },
}
const exponent: PublishedConstant = {
  value: -0.51,
  evidence: "paper",
  band: { low: -0.53, high: -0.49, meaning: "range of the best exponents over batches and token budgets" },
}
const ceiling: PublishedConstant = { value: 0.02, evidence: "paper" }

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

/** eta_opt = beta 4.6 T^-0.51 (Eq. 5 and 6), beta sequences of 4096 tokens: the constant rate of warmup-stable-decay for T tokens. */
export const powerLawRate = defineLaw({
  ...shared,
  id: "power-law-rate",
  title: "Power law of the stable rate",
  definition: "The loss-minimising rate of the stable phase of warmup-stable-decay at given T and B.",
  formula: "eta = beta 4.6 T^-0.51, beta = B / 4096",
  conditions: { ...conditions, schedule: "1e9 tokens warmup, constant, last 10 % decayed" },
  constants: { amplitude: fittedAmplitude, exponent: fittedExponent },
  measured: { tokens: [2e9, 256e9], batch: [16 * sequence, 512 * sequence], size: [12e6, 121e6] },
  notes: [
    "Proportional to B, not to its square root; fitted on the three best batches of each T.",
    "eta is the rate at the base width of muP.",
  ],
  needs: ["tokens", "batch"],
  evaluate: ({ tokens, batch }) => ({
    eta: (batch / sequence) * fittedAmplitude.value * tokens ** fittedExponent.value,
  }),
})

/** eta(n) = min(0.02, beta 4 n^-0.51) (Eq. 7): the rate after n tokens, before the final decay. */
export const powerScheduler = defineLaw({
  ...shared,
  id: "power-scheduler",
  title: "Power scheduler",
  definition: "The rate that the power schedule has reached when `tokens` tokens are trained, before its final decay.",
  formula: "eta(n) = min(0.02, beta 4 n^-0.51), beta = B / 4096",
  conditions: { ...conditions, schedule: "linear warmup to eta(n_warmup), the power law, then decay to zero" },
  constants: { amplitude, exponent, ceiling },
  measured: { tokens: [2e9, 128e9], batch: [32 * sequence, 512 * sequence], size: [36e6, 36e6] },
  notes: [
    "A schedule, not a peak rate: it falls during the run.",
    "eta is the rate at the base width of muP.",
    "Searched at 36M parameters; its authors then used it unchanged up to 3.5e9 parameters and batches of 1024 sequences.",
  ],
  needs: ["tokens", "batch"],
  evaluate: ({ tokens, batch }) => ({
    eta: Math.min(ceiling.value, (batch / sequence) * amplitude.value * tokens ** exponent.value),
  }),
})
