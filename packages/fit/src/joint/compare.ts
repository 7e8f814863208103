import type { FormComparison, FormScore } from "../law.ts"
import type { Evidence } from "./evidence.ts"
import { type FormFit, fitAtScatter, fitForm, originOf } from "./fit-form.ts"
import { type FormName, formNames, forms } from "./form.ts"
import { heldOut } from "./held-out.ts"
import { type Family, parameterCount, type Terms } from "./objective.ts"

/**
 * A form is ruled out where another explains the cells better by this much (twice the log likelihood, whatever the number of parameters: a
 * chance of three in a thousand between two forms of equal size) and also predicts the held-out horizons better.
 */
const decisive = 9

/** Everything that comes of fitting all forms to the same evidence. */
export interface Compared {
  readonly fits: Readonly<Record<FormName, FormFit>>
  readonly comparison: FormComparison
}

/**
 * Fits every form and says which the data support. All are judged with one scatter of the cells about the law, that of the form which needs
 * least. A form is named only where every other is ruled out; one that can imitate another (a bell whose peak lies far
 * beyond the batches is a power 1/2) leaves the matter open.
 */
export const compareForms = (evidence: Evidence, terms: Terms): Compared => {
  const origin = originOf(evidence)
  const fits = Object.fromEntries(
    formNames.map((name) => [name, fitForm(evidence, name, { terms, origin })]),
  ) as Record<FormName, FormFit>
  const usable = formNames.filter((name) => fits[name].degrees > 0)
  const scatter = usable.reduce((least, name) => Math.min(least, fits[name].scatter), Infinity) ** 2
  const scores = usable.map((name): FormScore => {
    const family: Family = { form: forms[name], terms, origin }
    const { misfit } = fitAtScatter(evidence, family, scatter, fits[name].parameters)
    const p = parameterCount(family)
    return {
      form: name,
      parameters: p,
      misfit,
      aic: misfit + 2 * p,
      bic: misfit + p * Math.log(evidence.cells),
      heldOut: heldOut(evidence, family, scatter, fits[name].parameters),
    }
  })
  return { fits, comparison: { scores: ranked(scores), ...judge(scores, evidence) } }
}

/** The forms other than the bell, none of which has a peak, that the data name or do not rule out; the best first. */
export const rivalsOf = ({ verdict, scores }: FormComparison): ReadonlyArray<FormName> => {
  const alive: ReadonlyArray<FormName> = "form" in verdict ? [verdict.form] : verdict.undecided
  const bic = (name: FormName) => scores.find(({ form }) => form === name)?.bic ?? Infinity
  return alive.filter((name) => name !== "bell").sort((a, b) => bic(a) - bic(b))
}

/** Whether the data name the bell or do not rule it out. */
export const bellPossible = ({ verdict }: FormComparison): boolean =>
  "form" in verdict ? verdict.form === "bell" : verdict.undecided.includes("bell")

const surprise = ({ heldOut: held }: FormScore): number => held?.surprise ?? 0

/** Best held-out prediction first; without held-out horizons, lowest BIC first. */
const ranked = (scores: ReadonlyArray<FormScore>): ReadonlyArray<FormScore> =>
  [...scores].sort((a, b) =>
    a.heldOut !== undefined && b.heldOut !== undefined ? a.heldOut.surprise - b.heldOut.surprise : a.bic - b.bic,
  )

const judge = (scores: ReadonlyArray<FormScore>, evidence: Evidence): Pick<FormComparison, "verdict" | "words"> => {
  const title = (name: FormName) => forms[name].title
  if (scores.length === 0 || new Set(evidence.lnBatch).size < 2)
    return {
      verdict: { undecided: formNames },
      words: "The forms of eta*(B) cannot be compared: measure more batches.",
    }
  const best = scores.reduce((a, b) => (b.misfit < a.misfit ? b : a))
  if (!Number.isFinite(best.misfit))
    return {
      verdict: { undecided: formNames },
      words: "The forms of eta*(B) cannot be compared: losses or their noise are too large or too small for numbers.",
    }
  const alive = scores.filter((s) => s.misfit - best.misfit < decisive || surprise(s) < surprise(best))
  const names = [...alive].sort((a, b) => a.bic - b.bic).map((s) => s.form)
  const held = best.heldOut === undefined ? "" : ` and predict${alive.length === 1 ? "s" : ""} the longest horizons`
  if (names.length === 1)
    return {
      verdict: { form: names[0] },
      words: `A ${title(names[0])} explains the optima${held} decisively better than every other form.`,
    }
  const list = names.map(title)
  return {
    verdict: { undecided: names },
    words: `The data cannot tell ${list.slice(0, -1).join(", ")} from ${list[list.length - 1]}: measure batches further out. The simplest that serves is ${title(names[0])}.`,
  }
}
