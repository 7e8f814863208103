import { flatMargin, type Law } from "@ts/fit"
import { percent } from "../format/result.ts"

/** What each quantity means, and whose definition it is. */
export const definitions = (law: Law): ReadonlyArray<readonly [string, string]> => {
  const share = percent(law.overheads[0]?.overhead ?? 0.2)
  const level = percent(law.level)
  return [
    [
      "eta*(B, T)",
      "The learning rate with the lowest validation loss at batch B after T tokens: minimum of a parabola in ln eta through the points next to the lowest (setting of Filatov et al. 2024, arXiv 2410.05838).",
    ],
    [
      "B_crit(T), eta_crit(T)",
      `Place and height of the peak of eta*(B) = eta_crit / (0.5 (sqrt(B/B_crit) + sqrt(B_crit/B))) at one horizon (Filatov et al. 2024, arXiv 2410.05838, Eq. 3.1, after Li et al. 2024, arXiv 2405.14578). Identified only where eta* is seen to rise before the peak and to fall after it, each at ${percent(0.5 + law.level / 2)}.`,
    ],
    [
      `${share}-overhead batch`,
      `The batch that needs ${share} more data for the loss which the smallest measured batch has at T, each at its best rate (Zhang et al. 2024, arXiv 2410.21676, with the smallest batch as the reference).`,
    ],
    [
      "balance batch",
      `E_min/S_min of McCandlish et al. 2018 (arXiv 1812.06162): the batch that needs twice the data of a vanishing one. From the ${share}-overhead batch, less what its reference hides, where steps follow S = a + b/B. Predicted batches follow its growth.`,
    ],
    [
      "best batch",
      "The batch with the lowest loss at T, each at its best rate: B*(T) of Filatov et al. 2024 (arXiv 2410.05838). It is not a critical batch size.",
    ],
    [
      "rises, flat, falls",
      `Slope d ln eta* / d ln T at fixed batch: rises or falls where its ${level} interval excludes zero; flat where the interval holds zero and lies within ±${flatMargin}; undecided otherwise. Theory gives -1/2 far below the critical batch, 0 about it and +1/2 far above (from Eq. 3.1 with B_crit proportional to T).`,
    ],
    [
      "sensitivity",
      "Mean over eta*/2, eta* and 2 eta* of the loss above the minimum, nats. The notion is that of Wortsman et al. 2023 (arXiv 2309.14322), the formula this toolkit's.",
    ],
    [
      "widths agree",
      `The ${level} interval of the mean difference of log2 eta* lies inside a stated margin: equivalence, not the absence of a significant difference (two one-sided tests).`,
    ],
    [
      "intervals",
      `${level} each; standard errors in brackets are in the last digit. Across cells they come from a parametric bootstrap of the losses (${law.bootstrap.resamples} resamples, seed ${law.bootstrap.seed}) with noise shared along a trunk.`,
    ],
    [
      "not identified",
      "The data do not determine the quantity; the reason and what to measure stand in its place. A bound, where given, is one-sided knowledge and not an estimate. Cells of fewer than 64 steps after warmup count as not measured.",
    ],
  ]
}
