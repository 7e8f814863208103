import { isEstimate, type Law, type LossSurface, type Result } from "@ts/fit"
import { cellText, intervalText, plain, power, type Writer } from "../format/result.ts"
import { clause, distinctNotes, type Finding } from "./finding.ts"

const said = (name: string, result: Result, write: Writer): string =>
  isEstimate(result)
    ? `${name}${cellText(result, write)} (${intervalText(result.interval, write)})`
    : `${name}not identified (${cellText(result, write)})`

const exponentText = (name: string, result: Result, sign: string): string =>
  isEstimate(result)
    ? `${name} T^${sign}${plain.number(result.value)} (${intervalText(result.interval, plain)})`
    : `${name} T with an exponent that is not identified`

/** A lower bound of less than a token says nothing of a batch. */
const tellingBatch = (batch: Result): Result => {
  if (isEstimate(batch) || batch.bound?.lower === undefined || batch.bound.lower >= 1) return batch
  const { bound: _, ...unbounded } = batch
  return unbounded
}

const surfaceText = ({ floor, exponent, balanceBatch, growth, reference }: LossSurface): string =>
  [
    said("floor ", floor, plain),
    exponentText("the rest falls like", exponent, "-"),
    `${said("twice the data at B_bal = ", tellingBatch(balanceBatch), power)} at T = ${power.number(reference)}`,
    exponentText("which grows like", growth, ""),
  ].join(", ")

/** Loss at the best rate as a law of batch and horizon. */
export const lossLaw = (law: Law): Finding | undefined => {
  if (law.cells.length === 0) return undefined
  const { lossSurface } = law
  const base = { id: "loss-law", label: "loss", title: "Loss at the best rate" }
  if (lossSurface._tag === "NotIdentified")
    return {
      ...base,
      state: "not identified",
      text: `its law is not identified: ${clause(lossSurface.message)}`,
      notes: [],
    }
  const { floor, exponent, balanceBatch, growth } = lossSurface
  return {
    ...base,
    state: isEstimate(exponent) ? "found" : "not identified",
    text: surfaceText(lossSurface),
    notes: distinctNotes(
      [floor, exponent, balanceBatch, growth].flatMap((r) => (isEstimate(r) ? r.notes : [r.message])),
    ),
  }
}
