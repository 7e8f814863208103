import { RunsFormatError } from "./errors.ts"
import { Columns } from "./flatten.ts"
import type { Table } from "./table.ts"

const bareNumbers = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g

/** JSON as Python writes it: NaN and Infinity stand bare. They become text, which cells read as numbers that are not finite. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (!/NaN|Infinity/.test(text)) throw cause
    return JSON.parse(text.replace(bareNumbers, (part) => (part.startsWith('"') ? part : `"${part}"`)))
  }
}

/** The values of a text of JSON lines, with their lines. */
export const jsonLines = function* (
  text: string,
  file: string,
): Generator<{ readonly line: number; readonly value: unknown }> {
  let line = 0
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from)
    const content = text.slice(from, end < 0 ? text.length : end)
    from = end < 0 ? text.length : end + 1
    line++
    if (content.trim() === "") continue
    let value: unknown
    try {
      value = parseJson(content)
    } catch {
      throw new RunsFormatError(file, "is not JSON; mend or delete the line", line)
    }
    yield { line, value }
  }
}

const isRow = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value)

/** @throws RunsFormatError for a line that is no JSON object */
export const parseJsonLines = (text: string, file: string): Table => {
  const columns = new Columns()
  const places: Array<number> = []
  for (const { line, value } of jsonLines(text, file)) {
    if (!isRow(value)) throw new RunsFormatError(file, "is no JSON object; give one object a line", line)
    columns.add(places.length, value)
    places.push(line)
  }
  if (places.length === 0) throw new RunsFormatError(file, "holds no rows")
  return { name: file, format: "jsonl", columns: columns.byName, rows: places.length, unit: "line", places, notes: [] }
}

/** An array of objects. @throws RunsFormatError for any other JSON */
export const parseJsonArray = (text: string, file: string): Table => {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (cause) {
    throw new RunsFormatError(file, `is not JSON: ${(cause as Error).message}`)
  }
  if (!Array.isArray(value) || !value.every(isRow))
    throw new RunsFormatError(file, "is no list of rows; give a JSON array of objects, or one object a line")
  if (value.length === 0) throw new RunsFormatError(file, "holds no rows")
  const columns = new Columns()
  value.forEach((row, i) => {
    columns.add(i, row)
  })
  return { name: file, format: "json", columns: columns.byName, rows: value.length, unit: "row", notes: [] }
}
