import { defineLaw } from "./law.ts"

/** eta = eta_max / (1 + B_noise/B), eta_max from a tuned run (McCandlish et al. 2018, arXiv 1812.06162). */
export const saturatingRate = defineLaw({
  id: "saturating-rate",
  title: "Saturating rate of SGD",
  citation: {
    authors: "McCandlish, Kaplan, Amodei et al.",
    year: 2018,
    title: "An Empirical Model of Large-Batch Training",
    arxiv: "1812.06162",
    url: "https://arxiv.org/abs/1812.06162",
  },
  definition: "The rate with the largest expected fall of the loss in one step of SGD, at given B.",
  formula: "eta = eta_max / (1 + B_noise/B), eta_max = eta_ref (1 + B_noise/B_ref)",
  conditions: {
    schedule: "one step, second order in the loss",
    optimizer: "SGD",
    parametrisation: "any",
    data: "any",
  },
  constants: {},
  measured: {},
  notes: [
    "B_noise = tr(H Sigma) / (G' H G); the simple noise scale tr(Sigma) / |G|^2 takes its place for a Hessian like the identity.",
  ],
  needs: ["batch", "noiseScale", "reference.eta", "reference.batch"],
  evaluate: ({ batch, noiseScale, reference }) => ({
    eta: (reference.eta * (1 + noiseScale / reference.batch)) / (1 + noiseScale / batch),
  }),
})
