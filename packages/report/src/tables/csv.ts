import { isEstimate, type Law, type Result, standardErrorOf } from "@ts/fit"

const quoted = (value: string | number | undefined): string => {
  if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) return ""
  const text = String(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const columnsOf = (name: string): ReadonlyArray<string> => [
  name,
  `${name}_standard_error`,
  `${name}_low`,
  `${name}_high`,
  `${name}_reason`,
]

const fields = (result: Result): ReadonlyArray<string | number | undefined> =>
  isEstimate(result)
    ? [result.value, standardErrorOf(result), result.interval?.low, result.interval?.high, ""]
    : [undefined, undefined, undefined, undefined, result.reason]

/**
 * The cells of a law as CSV (RFC 4180, LF), one line per cell of every slice, at full precision. Learning rates as they are, their standard
 * errors those of ln eta*; losses in nats; batch and horizon in tokens. Where nothing is identified the numbers are empty and the reason is named.
 */
export const csvOf = (law: Law): string => {
  const head = [
    "width",
    "size",
    "average",
    "batch_tokens",
    "horizon_tokens",
    "steps_after_warmup",
    ...columnsOf("eta_star"),
    ...columnsOf("loss"),
    ...columnsOf("curvature"),
    ...columnsOf("sensitivity"),
  ]
  const lines = law.cells.map((cell) => [
    cell.width,
    cell.size,
    cell.average,
    cell.batch,
    cell.tokens,
    cell.stepsAfterWarmup,
    ...fields(cell.eta),
    ...fields(cell.loss),
    ...fields(cell.curvature),
    ...fields(cell.sensitivity),
  ])
  return [head, ...lines].map((line) => `${line.map(quoted).join(",")}\n`).join("")
}
