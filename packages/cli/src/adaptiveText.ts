/** An adaptive study in words. */
import { isEstimate } from "@ts/fit"
import type { Adapted, Adaptive, Answer, ModelAnswer, Round, Spent } from "@ts/sweep"
import { compact } from "./output.ts"

const significant = (value: number): string => Number(value.toPrecision(3)).toString()

export const questionText = ({ question, budget }: Adaptive): string => {
  const what =
    "eta" in question
      ? `eta* at ${compact(question.eta.tokens)} tokens and batch ${compact(question.eta.batch)}, to ${question.within} octaves`
      : `the exponent of the ${question.exponent === "peak" ? "peak" : "20 %-overhead"} batch, to ${question.within}`
  const caps = [
    ...(budget?.tokens === undefined ? [] : [`${compact(budget.tokens)} tokens`]),
    ...(budget?.flops === undefined ? [] : [`${budget.flops.toExponential(1)} FLOPs`]),
  ]
  return `${what}${caps.length === 0 ? "" : `; at most ${caps.join(" and ")}`}`
}

export const spentText = ({ tokens, flops }: Spent): string =>
  `${compact(tokens)} tokens, ${flops.toExponential(1)} FLOPs`

/** Half the interval: octaves of a rate, else of an exponent. */
const widthText = ({ result, halfWidth }: Answer): string =>
  `${significant(halfWidth)}${isEstimate(result) && result.scale === "log" ? " octaves" : ""}`

const answerText = ({ width, answer, why, ended }: ModelAnswer): string => {
  const known =
    answer === undefined
      ? "nothing measured"
      : isEstimate(answer.result)
        ? `${significant(answer.result.value)}${Number.isFinite(answer.halfWidth) ? ` ± ${widthText(answer)}` : ""}`
        : `not identified: ${answer.result.message}`
  return `width ${width}: ${known}${ended === undefined || ended === "answered" ? "" : ` (${why})`}`
}

export const roundLine = ({ number, why, runs, cost, spent, models }: Round): string => {
  const now = models.at(-1)
  const known =
    now?.answer !== undefined && Number.isFinite(now.answer.halfWidth) ? ` · known to ± ${widthText(now.answer)}` : ""
  return `round ${String(number).padEnd(6)} ${why} · ${runs} runs, ${compact(cost.tokens)} tokens after ${compact(spent.tokens)}${known}`
}

const endings = {
  answered: "answered",
  exhausted: "exhausted",
  budget: "budget spent",
  failed: "stopped",
  stopped: "time spent",
} as const

export const adaptedLines = ({ ended, spent, models }: Adapted): ReadonlyArray<string> => [
  `${endings[ended].padEnd(12)} ${spentText(spent)} over all sessions`,
  ...models.map((model) => `answer       ${answerText(model)}`),
]
