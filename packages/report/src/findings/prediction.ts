import { type Conditions, isEstimate, type Prediction } from "@ts/fit"
import { significant } from "../format/error.ts"
import { natsText } from "../format/nats.ts"
import { cellText, intervalText, octaveError, power } from "../format/result.ts"
import { tokensLabel } from "../format/tokens.ts"
import { conditionsOf } from "../options.ts"
import { clause, type Finding } from "./finding.ts"

/** What to use at a horizon, with its doubt, its price and how far it reaches. */
export const predictionFinding = (p: Prediction, index: number, more?: Conditions): Finding => {
  const head = `T = ${tokensLabel(p.tokens)}`
  const given = isEstimate(p.batch) && octaveError(p.batch) === 0
  const batch = isEstimate(p.batch)
    ? `B = ${given ? tokensLabel(p.batch.value) : cellText(p.batch, power)}`
    : `B not identified: ${clause(p.batch.message)}`
  const regret = isEstimate(p.regret)
    ? `expected regret ${natsText(p.regret.value)} nats`
    : `regret not identified: ${clause(p.regret.message)}`
  const eta = isEstimate(p.eta)
    ? `eta = ${power.number(p.eta.value)} = ${p.eta.value.toExponential(2)} (${intervalText(p.eta.interval, power)}), ${regret}`
    : `eta not identified: ${clause(p.eta.message)}`
  const reach = [
    ...(p.extrapolation.tokens > 1.001 ? [`${significant(p.extrapolation.tokens)}x in T`] : []),
    ...(p.extrapolation.batch > 1.001 ? [`${significant(p.extrapolation.batch)}x in B`] : []),
  ]
  const extent =
    reach.length > 0 ? `extrapolates ${reach.join(", ")}` : isEstimate(p.eta) ? "within the measured range" : undefined
  return {
    id: `prediction-${index}`,
    label: "predict",
    title: head,
    state: isEstimate(p.eta) ? "noted" : "not identified",
    text: `${head}: ${batch}${isEstimate(p.batch) ? `, ${eta}` : "; eta depends on it"}${extent === undefined ? "" : ` · ${extent}`}`,
    notes: isEstimate(p.batch) ? [p.method, holdsFor(p, more)] : [holdsFor(p, more)],
  }
}

/** What a prediction is conditional on. */
export const holdsFor = (p: Prediction, more?: Conditions): string => {
  const holds = conditionsOf(p.conditions, more).map(([name, value]) => `${name}: ${value}`)
  return `holds for: ${holds.length === 0 ? "the conditions of these runs, which are not recorded" : holds.join(", ")}`
}

/** Findings of several predictions; a condition that the next one shares is said once, after the last. */
export const predictionFindings = (predictions: ReadonlyArray<Prediction>, more?: Conditions): ReadonlyArray<Finding> =>
  predictions.map((p, i) => {
    const finding = predictionFinding(p, i, more)
    const next = predictions[i + 1]
    return next !== undefined && holdsFor(next, more) === holdsFor(p, more)
      ? { ...finding, notes: finding.notes.slice(0, -1) }
      : finding
  })
