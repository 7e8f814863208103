import { isEstimate, type Reason, type Result } from "@ts/fit"
import { cellText, intervalText, type Writer } from "../format/result.ts"

export interface TableCell {
  readonly text: string
  /** In its natural unit (tokens, nats, learning rate); absent where nothing is identified. */
  readonly value?: number
  /** The whole reason where there is no number. */
  readonly note?: string
  readonly reason?: Reason
}

/** A plain table: what a figure shows, in figures. The first column names the row. */
export interface ReportTable {
  readonly id: string
  readonly caption: string
  /** How to read it, where its caption does not say. */
  readonly note?: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<TableCell>>
}

export const words = (text: string): TableCell => ({ text })

export const numeral = (value: number, text: string): TableCell => ({ text, value })

export const blank: TableCell = { text: "–" }

export const resultCell = (result: Result, write: Writer): TableCell =>
  isEstimate(result)
    ? { text: cellText(result, write), value: result.value }
    : { text: cellText(result, write), note: result.message, reason: result.reason }

export const intervalCell = (result: Result, write: Writer): TableCell =>
  isEstimate(result) ? words(intervalText(result.interval, write)) : blank
