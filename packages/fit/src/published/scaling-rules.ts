import { defineLaw } from "./law.ts"

/** eta = eta_ref sqrt(B/B_ref): Malladi et al. 2022 (arXiv 2205.10287), and the limit B << B_noise of Li et al. 2024 (arXiv 2405.14578). */
export const squareRootRule = defineLaw({
  id: "square-root-rule",
  title: "Square-root rule",
  citation: {
    authors: "Malladi, Lyu, Panigrahi, Arora",
    year: 2022,
    title: "On the SDEs and Scaling Rules for Adaptive Gradient Algorithms",
    arxiv: "2205.10287",
    url: "https://arxiv.org/abs/2205.10287",
  },
  definition:
    "The rate at another batch that keeps the noise of Adam's or RMSprop's trajectory, the data being the same.",
  formula: "eta = eta_ref sqrt(B/B_ref)",
  conditions: {
    schedule: "as the reference, in tokens",
    optimizer: "Adam, RMSprop",
    parametrisation: "any",
    data: "the same",
  },
  constants: {},
  measured: {},
  notes: [
    "Holds while the noise dominates the gradient, so far below the critical batch.",
    "The paper's rule adjusts other hyperparameters of Adam along with the rate.",
  ],
  needs: ["batch", "reference.eta", "reference.batch"],
  evaluate: ({ batch, reference }) => ({ eta: reference.eta * Math.sqrt(batch / reference.batch) }),
})

/** eta = eta_ref B/B_ref: Goyal et al. 2017 (arXiv 1706.02677), the limit B << B_noise of McCandlish et al. 2018. */
export const linearRule = defineLaw({
  id: "linear-rule",
  title: "Linear rule",
  citation: {
    authors: "Goyal et al.",
    year: 2017,
    title: "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour",
    arxiv: "1706.02677",
    url: "https://arxiv.org/abs/1706.02677",
  },
  definition: "The rate of SGD at another batch that moves as far per sample, the data being the same.",
  formula: "eta = eta_ref B/B_ref",
  conditions: { schedule: "as the reference, in tokens", optimizer: "SGD", parametrisation: "any", data: "the same" },
  constants: {},
  measured: {},
  notes: ["Holds while the noise dominates the gradient, so far below the critical batch.", "Not for Adam."],
  needs: ["batch", "reference.eta", "reference.batch"],
  evaluate: ({ batch, reference }) => ({ eta: (reference.eta * batch) / reference.batch }),
})
