import { defineLaw, type PublishedConstant } from "./law.ts"

const band = (low: number, high: number) => ({ low, high, meaning: "95 % of the authors' 1000 bootstrap fits" })
const etaPrefactor: PublishedConstant = { value: 1.79, evidence: "code" }
const etaSize: PublishedConstant = { value: -0.713, evidence: "code", band: band(-0.774, -0.655) }
const etaTokens: PublishedConstant = { value: 0.307, evidence: "code", band: band(0.271, 0.345) }
const batchPrefactor: PublishedConstant = { value: 0.58, evidence: "code" }
const batchTokens: PublishedConstant = { value: 0.571, evidence: "code", band: band(0.534, 0.606) }

/** eta = 1.79 N^-0.713 D^0.307 and B = 0.58 D^0.571 tokens (Li et al. 2025, arXiv 2503.04715). N non-embedding parameters, D tokens. */
export const stepLaw = defineLaw({
  id: "step-law",
  title: "Step Law",
  citation: {
    authors: "Li et al. (StepFun)",
    year: 2025,
    title: "Predictable Scale: Part I, Step Law",
    arxiv: "2503.04715",
    url: "https://arxiv.org/abs/2503.04715",
  },
  definition:
    "The learning rate and the batch that together minimise the loss at given N and D, the rate decayed to 1e-5.",
  formula: "eta = 1.79 N^-0.713 D^0.307; B = 0.58 D^0.571",
  conditions: {
    schedule: "decayed to a fixed 1e-5",
    parametrisation: "believed standard, not muP",
    data: "dense language models, sequences of 2048 tokens",
  },
  constants: { etaPrefactor, etaSize, etaTokens, batchPrefactor, batchTokens },
  measured: { tokens: [4e9, 1e11], size: [214_663_680, 1_073_741_824], batch: [16 * 2048, 2048 * 2048] },
  notes: [
    "eta belongs to the B of the same law: it grows with D because B does, and says nothing about a batch of your own.",
    "Fitted to all runs within 0.25 % of the lowest loss of their (N, D).",
  ],
  needs: ["tokens", "size"],
  evaluate: ({ tokens, size }) => ({
    eta: etaPrefactor.value * size ** etaSize.value * tokens ** etaTokens.value,
    batch: batchPrefactor.value * tokens ** batchTokens.value,
  }),
})
