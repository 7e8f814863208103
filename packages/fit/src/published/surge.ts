import { bellEta } from "../bell.ts"
import { defineLaw } from "./law.ts"

/** eta = eta_peak / (0.5 (sqrt(B_peak/B) + sqrt(B/B_peak))) (Li et al. 2024, arXiv 2405.14578), from a measured peak. */
export const surge = defineLaw({
  id: "surge",
  title: "Surge of the rate about its peak",
  citation: {
    authors: "Li, Zhao, Zhang, Sun et al. (Tencent)",
    year: 2024,
    title: "Surge Phenomenon in Optimal Learning Rate and Batch Size Scaling",
    arxiv: "2405.14578",
    url: "https://arxiv.org/abs/2405.14578",
  },
  definition:
    "The rate with the largest expected fall of the loss in one step of a sign-like optimizer, at given B, from the peak of eta*(B).",
  formula: "eta = eta_peak / (0.5 (sqrt(B_peak/B) + sqrt(B/B_peak)))",
  conditions: {
    schedule: "one step, second order in the loss; for a run, about the horizon at which the peak was measured",
    optimizer: "sign-like: Adam, Signum",
    parametrisation: "any",
    data: "any",
  },
  constants: {},
  measured: {},
  notes: [
    "An expansion for small B: the paper's own curve levels off at a non-zero rate for very large B.",
    "The peak moves to larger B as the loss falls; see `time-transfer-rate` for another horizon.",
  ],
  needs: ["batch", "peak.eta", "peak.batch"],
  evaluate: ({ batch, peak }) => ({ eta: bellEta(batch, peak.batch, peak.eta) }),
})
