import { defineLaw } from "./law.ts"

/** Where the critical batch of local recovery exceeds 2 B: B <- 2 B and eta <- sqrt(2) eta (Merrill et al. 2025, arXiv 2505.23971). */
export const batchSizeWarmup = defineLaw({
  id: "batch-size-warmup",
  title: "Batch-size warmup",
  citation: {
    authors: "Merrill, Arora, Groeneveld, Hajishirzi (Ai2)",
    year: 2025,
    title: "Critical Batch Size Revisited: A Simple Empirical Approach to Large-Batch Language Model Training",
    arxiv: "2505.23971",
    url: "https://arxiv.org/abs/2505.23971",
  },
  definition: "Batch and rate to go on with from a checkpoint whose critical batch of local recovery is known.",
  formula: "B <- 2 B and eta <- sqrt(2) eta where CBS > 2 B, else unchanged",
  conditions: {
    schedule: "cosine, rate scaled along",
    optimizer: "Adam",
    parametrisation: "standard",
    data: "OLMo 1B, 608e9 tokens",
  },
  constants: {},
  measured: { size: [1e9, 7e9], batch: [1024 * 4096, 4096 * 4096] },
  notes: [
    "One doubling at a time: measure the critical batch again before the next.",
    "`batch` and `eta` are those of the run so far.",
  ],
  needs: ["batch", "eta", "recoveryBatch"],
  evaluate: ({ batch, eta, recoveryBatch }) =>
    recoveryBatch > 2 * batch ? { batch: 2 * batch, eta: Math.SQRT2 * eta } : { batch, eta },
})
