import { flatMargin, formNames, type Law } from "@ts/fit"
import { formTitle, formulas } from "../format/form.ts"
import { percent } from "../format/result.ts"

/** What each quantity means, and whose definition it is. */
export const definitions = (law: Law): ReadonlyArray<readonly [string, string]> => {
  const share = percent(law.overheads[0]?.overhead ?? 0.2)
  const level = percent(law.level)
  return [
    [
      "eta*(B, T)",
      "The learning rate with the lowest validation loss at batch B after T tokens: minimum of a parabola in ln eta through the points about the lowest, with a skew that all profiles share (setting of Filatov et al. 2024, arXiv 2410.05838).",
    ],
    [
      "form of eta*(B)",
      `One law ln eta* = height(T) + shape(B / place(T)) is fitted to all profiles at once, in every form: ${formNames.map((name) => `${formTitle(name)}: eta* = ${formulas[name].formula} (${formulas[name].source})`).join("; ")}. A form is ruled out where another explains the optima decisively better (twice the log likelihood differs by 9) and predicts the held-out horizons better too.`,
    ],
    [
      "B_crit(T), eta_crit(T)",
      "Place and height of the peak of eta*(B), in the form of the bell. A number only where every form without a peak is ruled out and its place is known to a factor of about two; else a bound, if it is a bell.",
    ],
    [
      "held-out error, surprise",
      "The law fitted to the shorter horizons predicts the longest third: root mean square of ln eta* there, and minus twice the log density of what was measured, the doubt of the prediction included.",
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
      "B_bal(T), floor",
      "Of the loss at the best rate, L = floor + amount (T_eff/T_0)^-exponent with T_eff = T / (1 + B/B_bal(T)): the balance batch at every horizon, from all losses at once, and the loss that no amount of data removes.",
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
      `${level} each; standard errors in brackets are in the last digit. Of the law of eta*, its peak and predictions: profile likelihood. Of what is said horizon by horizon: a parametric bootstrap of the losses (${law.bootstrap.resamples} resamples, seed ${law.bootstrap.seed}) with noise shared along a trunk. Of a profile: Fieller's.`,
    ],
    [
      "not identified",
      "The data do not determine the quantity; the reason and what to measure stand in its place. A bound, where given, is one-sided knowledge and not an estimate. Cells of fewer than 64 steps after warmup count as not measured.",
    ],
  ]
}
