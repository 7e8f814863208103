import { defineLaw } from "./law.ts"

/** Under muP with Adam the rate of hidden matrices is eta d_ref / d; all other tensors keep eta (Yang et al. 2022, arXiv 2203.03466). */
export const mupWidth = defineLaw({
  id: "mup-width",
  title: "muP width transfer",
  citation: {
    authors: "Yang, Hu et al.",
    year: 2022,
    title: "Tensor Programs V: Tuning Large Neural Networks via Zero-Shot Hyperparameter Transfer",
    arxiv: "2203.03466",
    url: "https://arxiv.org/abs/2203.03466",
  },
  definition: "The rates at another width, all else equal: batch, horizon and schedule.",
  formula: "eta_hidden = eta_ref d_ref / d; eta_ref for all other tensors",
  conditions: {
    schedule: "as the reference",
    optimizer: "Adam",
    parametrisation: "muP, its initialisation and multipliers included",
    data: "the same, in the same amount",
  },
  constants: {},
  measured: {},
  notes: [
    "`plan` of @ts/mup gives the multipliers of every tensor.",
    "Width only: horizon and batch are what the other laws are about.",
  ],
  needs: ["width", "reference.eta", "reference.width"],
  evaluate: ({ width, reference }) => ({
    eta: reference.eta,
    hiddenEta: (reference.eta * reference.width) / width,
  }),
})
