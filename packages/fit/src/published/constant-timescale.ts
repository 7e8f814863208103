import { defineLaw } from "./law.ts"
import { adamwTimescale, decayForTimescale } from "./timescale.ts"

/** lambda such that tau_epoch = B / (eta lambda D) stays that of the reference (Wang and Aitchison 2024, arXiv 2405.13698). */
export const constantTimescale = defineLaw({
  id: "constant-timescale",
  title: "Constant AdamW timescale",
  citation: {
    authors: "Wang, Aitchison",
    year: 2024,
    title: "How to set AdamW's weight decay as you scale model and dataset size",
    arxiv: "2405.13698",
    url: "https://arxiv.org/abs/2405.13698",
  },
  definition: "The weight decay that keeps the AdamW timescale in epochs of a tuned run, at given D, B and eta.",
  formula: "lambda = lambda_ref (eta_ref/eta) (B/B_ref) (D_ref/D)",
  conditions: {
    schedule: "as the reference",
    optimizer: "AdamW",
    parametrisation: "muP for width; eta is the rate of the decayed weights",
    data: "ResNet-18 and ViT on images, NanoGPT on OpenWebText",
  },
  constants: {},
  measured: {},
  notes: [
    "Bergsma et al. 2025 find for one pass over text that the best timescale falls with the tokens per parameter.",
  ],
  needs: ["tokens", "batch", "eta", "reference.eta", "reference.batch", "reference.tokens", "reference.weightDecay"],
  evaluate: ({ tokens, batch, eta, reference }) => {
    const timescale = adamwTimescale(reference)
    return { timescale, weightDecay: decayForTimescale({ eta, batch, tokens }, timescale) }
  },
})
