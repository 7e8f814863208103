import type { Law, PublishedAdvice, PublishedInput } from "@ts/fit"
import type { Finding } from "../findings/finding.ts"
import { power } from "../format/result.ts"
import { sizeText, tokensLabel } from "../format/tokens.ts"
import type { RunPrediction } from "../options.ts"
import { type ReportTable, words } from "../tables/table.ts"
import { publishedFor } from "./advice.ts"
import { meaningOf } from "./meaning.ts"
import { farFrom, onlyReference, saysText } from "./says.ts"

/** A batch that was set as it is, a fitted one as a power of two. */
const batchText = (batch: number): string => {
  const label = tokensLabel(batch)
  return label.includes(".") ? power.number(batch) : label
}

/** "T = 2^37, N = 1.3e8, width 512, B = 2^19". */
export const askedText = ({ tokens, size, width, batch }: PublishedInput): string =>
  [
    ...(tokens === undefined ? [] : [`T = ${tokensLabel(tokens)}`]),
    ...(size === undefined ? [] : [`N = ${sizeText(size)}`]),
    ...(width === undefined ? [] : [`width ${width}`]),
    ...(batch === undefined ? [] : [`B = ${batchText(batch)}`]),
  ].join(", ")

/** "The reference is the measured cell B = 2^19, T = 2^33, eta = 2^-9.0." */
export const referenceText = (
  { reference }: PublishedInput,
  said: ReadonlyArray<PublishedAdvice>,
): ReadonlyArray<string> => {
  const { batch, tokens, eta } = reference ?? {}
  if (batch === undefined || tokens === undefined || eta === undefined) return []
  return said.some(({ law }) => law.needs.some((need) => need.startsWith("reference.")))
    ? [`The reference is B = ${tokensLabel(batch)}, T = ${tokensLabel(tokens)}, eta = ${power.number(eta)}.`]
    : []
}

/** A measured peak is one thing to ask for, with how its height moves; constants that nobody could confirm are another. */
const needText = (need: string): string =>
  need.startsWith("peak.") || need === "coefficients.peakEtaExponent"
    ? "a measured peak of eta*(B)"
    : need.startsWith("coefficients.")
      ? "constants not confirmed in print"
      : need

/** "4 more laws need what is not known here: reference.weightDecay (3), noiseScale." */
export const missingText = (silent: ReadonlyArray<PublishedAdvice>): ReadonlyArray<string> => {
  if (silent.length === 0) return []
  const counts = new Map<string, number>()
  for (const { missing } of silent)
    for (const need of new Set(missing.map(needText))) counts.set(need, (counts.get(need) ?? 0) + 1)
  const needs = [...counts.entries()]
    .sort((a, b) => b[1] - a[1])
    .map(([need, laws]) => (laws === 1 ? need : `${need} (${laws})`))
  return [
    `${silent.length} more ${silent.length === 1 ? "law needs" : "laws need"} what is not known here: ${needs.join(", ")}.`,
  ]
}

const tableOf = (shown: ReadonlyArray<PublishedAdvice>): ReportTable => ({
  id: "published",
  caption: "Published laws about the same run",
  ...(shown.some(({ outside }) => outside.length > 0) ? { note: "* outside of what the law was measured on" } : {}),
  columns: ["law", "says", "meaning"],
  rows: shown.map((advice) => [
    words(`${advice.law.title}${advice.outside.length > 0 ? " *" : ""}`),
    words(saysText(advice)),
    words(meaningOf(advice)),
  ]),
})

/** What published laws would say, in short: those that could be evaluated, say more than their reference and were found near such a run. */
export const publishedFinding = (law: Law, prediction: RunPrediction, known?: PublishedInput): Finding => {
  const { input, said, silent } = publishedFor(law, prediction, known)
  const telling = said.filter((advice) => !onlyReference(advice, input))
  const shown = telling.filter((advice) => !farFrom(advice, input))
  const far = telling.length - shown.length
  const elsewhere = "found for runs more than 16 times larger or smaller"
  const base = { id: "published", label: "published", title: "Published laws would say", state: "noted" as const }
  if (shown.length === 0)
    return {
      ...base,
      text: `no published law was found near ${askedText(input)}${far === 0 ? "" : `; ${far} ${far === 1 ? "was" : "were"} ${elsewhere}`}`,
      notes: [],
    }
  return {
    ...base,
    text: `what published laws would say of ${askedText(input)}, each by its own definition, under its own conditions`,
    notes: [
      ...referenceText(input, shown),
      ...(far === 0 ? [] : [`${far} more ${far === 1 ? "was" : "were"} ${elsewhere}.`]),
      ...missingText(silent),
    ],
    table: tableOf(shown),
  }
}
