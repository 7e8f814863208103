import { defineLaw, type PublishedConstant } from "./law.ts"

const batchExponent: PublishedConstant = { value: 0.383, evidence: "code" }

/**
 * What karpathy/nanochat does (scripts/base_train.py, MIT licence): B = B_ref (D/D_ref)^0.383 rounded to a power of two tokens, eta = eta_ref
 * sqrt(B/B_ref), lambda = lambda_ref sqrt(B/B_ref) D_ref/D, which keeps B / (eta lambda D).
 */
export const nanochat = defineLaw({
  id: "nanochat",
  title: "Practice of nanochat",
  citation: {
    authors: "Karpathy",
    year: 2026,
    title: "nanochat, scripts/base_train.py",
    url: "https://github.com/karpathy/nanochat",
  },
  definition: "Batch, rate and weight decay of a longer run from a tuned one, as a public training code sets them.",
  formula:
    "B = B_ref (D/D_ref)^0.383, to a power of two; eta = eta_ref sqrt(B/B_ref); lambda = lambda_ref sqrt(B/B_ref) D_ref/D",
  conditions: {
    schedule: "warmup, constant, linear decay over the last part",
    optimizer: "AdamW and Muon alike",
    parametrisation: "depth sets the width",
    data: "D in proportion to N",
  },
  constants: { batchExponent },
  measured: { tokens: [1.16e9, 9.6e9], batch: [2 ** 19, 2 ** 20] },
  notes: [
    "Combines the exponent of Bergsma et al. 2025, the square-root rule and the constant timescale of Wang and Aitchison 2024.",
    "Its authors call the rule for Muon an assumption.",
  ],
  needs: ["tokens", "reference.eta", "reference.batch", "reference.tokens", "reference.weightDecay"],
  evaluate: ({ tokens, reference }) => {
    const ratio = tokens / reference.tokens
    const batch = 2 ** Math.round(Math.log2(reference.batch * ratio ** batchExponent.value))
    const root = Math.sqrt(batch / reference.batch)
    return { batch, eta: reference.eta * root, weightDecay: (reference.weightDecay * root) / ratio }
  },
})
