import { isEstimate, type Law, nextRuns, type Proposal, type Question } from "@ts/fit"
import { powerOfTwo, sizeText, tokensLabel } from "../format/tokens.ts"
import type { RunPrediction } from "../options.ts"
import { numeral, type ReportTable, words } from "../tables/table.ts"
import { clause, type Finding } from "./finding.ts"

const kinds: Readonly<Record<Proposal["kind"], string>> = {
  "new batch": "new batch",
  longer: "train on",
  repeat: "another seed",
}

/** "eta at T = 2^22, B = 2^10". */
const questionText = (question: Question): string =>
  question.about === "exponent"
    ? "the exponent of B_crit in T"
    : `eta at T = ${tokensLabel(question.tokens)}, B = ${tokensLabel(question.batch)}`

/** Errors of ln eta are told in octaves, as everywhere in the report; those of an exponent as they are. */
const errorText = (error: number, question: Question): string =>
  question.about === "exponent" ? error.toPrecision(2) : `${(error / Math.LN2).toPrecision(2)} octaves`

const ratesText = (etas: ReadonlyArray<number>): string => etas.map((eta) => powerOfTwo(eta)).join(", ")

const tableOf = (proposals: ReadonlyArray<Proposal>, question: Question): ReportTable => {
  const costed = proposals.some(({ flops }) => flops !== undefined)
  const costOf = ({ cost, flops }: Proposal) => (flops === undefined ? cost : flops)
  return {
    id: "next-runs",
    caption: "Runs worth training next, best first",
    note: `Each line is one set of runs, one for each rate. Cost in ${costed ? "FLOPs (6 N per token)" : "tokens"}; error then: the standard error to first order if this set alone is trained.`,
    columns: ["B", "train to T", "rates", "what", "cost", "error then"],
    rows: proposals.map((p) => [
      numeral(p.batch, tokensLabel(p.batch)),
      numeral(p.tokens, tokensLabel(p.tokens)),
      words(ratesText(p.etas)),
      words(kinds[p.kind]),
      numeral(costOf(p), sizeText(costOf(p))),
      numeral(p.after, errorText(p.after, question)),
    ]),
  }
}

/** The runs that would shrink the doubt of an answer most for what they cost, or why none can be named. */
export const nextRunsFinding = (law: Law, question: Question): Finding => {
  const found = nextRuns(law, question)
  const asked = questionText(question)
  const base = { id: "next-runs", label: "next runs", title: `For ${asked}`, notes: [] }
  if ("_tag" in found)
    return {
      ...base,
      state: "not identified",
      text: `for ${asked}: none can be named; ${clause(found.message)}`,
    }
  const now = found[0]?.now
  const known = now === undefined ? "" : ` (standard error now ${errorText(now, question)})`
  return {
    ...base,
    state: "noted",
    text: `what would tell most about ${asked}${known} for its cost, best first`,
    table: tableOf(found, question),
  }
}

/** What is worth asking of a law: eta of the last prediction with a batch, else the exponent of B_crit. */
export const questionOf = (predictions: ReadonlyArray<RunPrediction>): Question => {
  const last = [...predictions].reverse().find((p) => isEstimate(p.batch))
  if (last === undefined || !isEstimate(last.batch)) return { about: "exponent" }
  return {
    about: "eta",
    tokens: last.tokens,
    batch: last.batch.value,
    ...(last.size === undefined ? {} : { size: last.size }),
  }
}
