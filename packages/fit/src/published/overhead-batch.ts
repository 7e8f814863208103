import { defineLaw, type PublishedConstant } from "./law.ts"

const sequence = 512
const prefactor: PublishedConstant = { value: 93.2, evidence: "code" }
const exponent: PublishedConstant = { value: 0.4683, evidence: "code" }
/** Tokens per parameter of every run behind the law. */
const tokensPerParameter = 20

const shared = {
  citation: {
    authors: "Zhang, Morwani, Vyas, Wu, Zou, Ghai, Foster, Kakade",
    year: 2024,
    title: "How Does Critical Batch Size Scale in Pre-training?",
    arxiv: "2410.21676",
    url: "https://arxiv.org/abs/2410.21676",
  },
  conditions: {
    schedule: "warmup, then constant, weights averaged exponentially",
    optimizer: "AdamW, beta2 and the average's rate by batch",
    parametrisation: "standard",
    data: "C4, sequences of 512 tokens",
  },
  constants: { prefactor, exponent },
} as const

const atSize = (size: number) => ({
  criticalBatch: sequence * prefactor.value * (size / 1e6) ** exponent.value,
})

/** CBS = 93.20 N_M^0.4683 sequences of 512 tokens, N_M in millions of non-embedding parameters, along D = 20 N. Returned in tokens. */
export const overheadBatchOfSize = defineLaw({
  ...shared,
  id: "overhead-batch-of-size",
  title: "20 %-overhead batch by size",
  definition:
    "The batch that needs 20 % more data than batches of 256 sequences for the same loss, along D = 20 N, given N.",
  formula: "CBS = 93.20 N_M^0.4683 sequences of 512 tokens, N_M = N / 1e6",
  measured: { size: [85e6, 1.208e9] },
  notes: ["Its reference of 256 sequences keeps it from falling below 307 sequences."],
  needs: ["size"],
  evaluate: ({ size }) => atSize(size),
})

/** The same law written in D = 20 N: CBS = 22.9 D_M^0.468 sequences of 512 tokens. The paper finds that D, not N, drives it. */
export const overheadBatchOfData = defineLaw({
  ...shared,
  id: "overhead-batch-of-data",
  title: "20 %-overhead batch by data",
  definition:
    "The batch that needs 20 % more data than batches of 256 sequences for the same loss, along D = 20 N, given D.",
  formula: "CBS = 93.20 (D_M / 20)^0.4683 sequences of 512 tokens, D_M = D / 1e6",
  measured: { tokens: [20 * 85e6, 20 * 1.208e9] },
  notes: [
    "Measured along D = 20 N only; the paper's runs at fixed N and at fixed D say that data, not size, drive it.",
    "Its reference of 256 sequences keeps it from falling below 307 sequences.",
  ],
  needs: ["tokens"],
  evaluate: ({ tokens }) => atSize(tokens / tokensPerParameter),
})
