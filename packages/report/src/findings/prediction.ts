import { type Conditions, type Estimate, isEstimate, type Result } from "@ts/fit"
import { significant } from "../format/error.ts"
import { formTitle } from "../format/form.ts"
import { natsText } from "../format/nats.ts"
import { cellText, intervalText, nats, octaveError, power } from "../format/result.ts"
import { sizeText, tokensLabel } from "../format/tokens.ts"
import { conditionsOf, type RunPrediction } from "../options.ts"
import { clause, type Finding } from "./finding.ts"

const etaText = (eta: Estimate): string =>
  `eta = ${power.number(eta.value)} = ${eta.value.toExponential(2)} (${intervalText(eta.interval, power)})`

const regretText = (regret: Result): string => {
  if (!isEstimate(regret)) return `regret not identified: ${clause(regret.message)}`
  const worst = regret.interval?.high
  const most = worst === undefined || !Number.isFinite(worst) ? "" : `, ${natsText(worst)} at the ends of the interval`
  return `expected regret ${natsText(regret.value)} nats${most}`
}

/** The loss at the best rate, where its law is identified; the finding about that law says why not. */
const lossText = (loss: Result): string =>
  isEstimate(loss) ? `loss ${nats.estimate(loss)} (${intervalText(loss.interval, nats)}), ` : "loss not identified, "

const reachText = ({ extrapolation: reach, eta }: RunPrediction): string | undefined => {
  const parts = [
    [reach.tokens, "in T"],
    [reach.batch, "in B"],
    [reach.width ?? 1, "in width"],
    [reach.size ?? 1, "in size"],
  ] as const
  const beyond = parts.flatMap(([factor, where]) => (factor > 1.001 ? [`${significant(factor, 3)}x ${where}`] : []))
  if (beyond.length > 0) return `extrapolates ${beyond.join(", ")}`
  return isEstimate(eta) ? "within the measured range" : undefined
}

/** "T = 2^22, width 256, N = 1e8". */
const runText = ({ tokens, width, size }: RunPrediction): string =>
  [
    `T = ${tokensLabel(tokens)}`,
    ...(width === undefined ? [] : [`width ${width}`]),
    ...(size === undefined ? [] : [`N = ${sizeText(size)}`]),
  ].join(", ")

/** What the other forms of eta*(B) that the data leave possible would say. */
const alternativesText = ({ eta, alternatives }: RunPrediction): ReadonlyArray<string> => {
  // Where the law leaves eta open, it is no news that other forms do too.
  const told = isEstimate(eta) ? alternatives : alternatives.filter((a) => isEstimate(a.eta))
  const each = told.map(
    (a) => `a ${formTitle(a.form)} ${isEstimate(a.eta) ? `has ${etaText(a.eta)}` : "leaves eta open"}`,
  )
  return each.length === 0 ? [] : [`Possible too: ${each.join("; ")}.`]
}

/** What to use at a horizon, with its doubt, its price and how far it reaches. */
export const predictionFinding = (p: RunPrediction, index: number, more?: Conditions): Finding => {
  const head = runText(p)
  const given = isEstimate(p.batch) && octaveError(p.batch) === 0
  const batch = isEstimate(p.batch)
    ? `B = ${given ? tokensLabel(p.batch.value) : cellText(p.batch, power)}`
    : `B not identified: ${clause(p.batch.message)}`
  const eta = isEstimate(p.eta) ? etaText(p.eta) : `eta not identified: ${clause(p.eta.message)}`
  const regret = isEstimate(p.eta) ? `, ${lossText(p.loss)}${regretText(p.regret)}` : ""
  const extent = reachText(p)
  return {
    id: `prediction-${index}`,
    label: "predict",
    title: head,
    state: isEstimate(p.eta) ? "noted" : "not identified",
    text: `${head}: ${batch}${isEstimate(p.batch) ? `, ${eta}${regret}` : "; eta depends on it"}${extent === undefined ? "" : ` · ${extent}`}`,
    notes: [...(isEstimate(p.batch) ? [p.method, ...alternativesText(p)] : []), ...p.notes, holdsFor(p, more)],
  }
}

/** What a prediction is conditional on. */
export const holdsFor = (p: RunPrediction, more?: Conditions): string => {
  const holds = conditionsOf(p.conditions, more).map(([name, value]) => `${name}: ${value}`)
  return `holds for: ${holds.length === 0 ? "the conditions of these runs, which are not recorded" : holds.join(", ")}`
}

/** Findings of several predictions; a condition that the next one shares is said once, after the last. */
export const predictionFindings = (
  predictions: ReadonlyArray<RunPrediction>,
  more?: Conditions,
): ReadonlyArray<Finding> =>
  predictions.map((p, i) => {
    const finding = predictionFinding(p, i, more)
    const next = predictions[i + 1]
    return next !== undefined && holdsFor(next, more) === holdsFor(p, more)
      ? { ...finding, notes: finding.notes.slice(0, -1) }
      : finding
  })
