import { cellText, type Records } from "./csv-scan.ts"
import { RunsFormatError } from "./errors.ts"
import { numberIn } from "./number.ts"

/** Excel's first line `sep=;` names the delimiter. The line is left blank, so that lines count as an editor counts them. */
export const declaredDelimiter = (text: string): { readonly text: string; readonly delimiter?: string } => {
  const [line, delimiter] = /^"?sep=(.)"?[^\S\r\n]*(?=[\r\n])/i.exec(text) ?? []
  return line === undefined ? { text } : { text: text.slice(line.length), delimiter: delimiter ?? "," }
}

const cellsOf = (text: string, records: Records, r: number): ReadonlyArray<string> =>
  Array.from({ length: records.first[r + 1] - records.first[r] - 1 }, (_, k) => cellText(text, records, r, k) ?? "")

const isNumber = (cell: string): boolean => cell !== "" && numberIn(cell, true) !== undefined

/**
 * Refuses a table whose first line is a title or a line of groups above the names: fewer texts than the next line, which has no number either while the
 * line after it has one.
 *
 * @throws RunsFormatError
 */
export const refuseSecondHeader = (text: string, records: Records, file: string): void => {
  if (records.count < 3) return
  const [first, second, third] = [0, 1, 2].map((r) => cellsOf(text, records, r))
  const said = (cells: ReadonlyArray<string>) => new Set(cells.filter((cell) => cell !== "")).size
  if (said(first) < said(second) && !second.some(isNumber) && third.some(isNumber))
    throw new RunsFormatError(
      file,
      `stands above the line that names the columns ("${second.find((cell) => cell !== "")}", …): delete it`,
      records.lines[0],
    )
}

const totals = /^(?:grand |sub)?-?(?:totals?|sum|means?|averages?|avg|median|std|min|max|count)\b:?$/i

/** Rows at the bottom that sum up the others, by their first cell; from 0. None where such a word comes twice: then it is a value like others. */
export const totalRows = (text: string, records: Records): ReadonlyArray<number> => {
  const words = new Set<string>()
  for (let r = records.count - 1; r > 0; r--) {
    const word = cellsOf(text, records, r).find((cell) => cell !== "") ?? ""
    if (!totals.test(word)) break
    if (words.has(word)) return []
    words.add(word)
  }
  return Array.from(words, (_, k) => records.count - 2 - k)
}
