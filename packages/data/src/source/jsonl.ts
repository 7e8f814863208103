import { Predicate } from "effect"
import { dataError } from "../DataError.ts"
import { lines } from "./text.ts"

/** The text of one record; a null text is no document. */
const textOf = (line: string, column: string, where: string): string => {
  let record: unknown
  try {
    record = JSON.parse(line)
  } catch {
    throw dataError("MalformedRecord", `${where} is not JSON: each line must be one JSON object.`)
  }
  if (!Predicate.isObject(record) || Array.isArray(record))
    throw dataError("MalformedRecord", `${where} is not a JSON object: each line must be one.`)
  const value = record[column]
  if (value === null || typeof value === "string") return value ?? ""
  const columns = Object.keys(record).join(", ")
  throw dataError(
    "MissingColumn",
    value === undefined
      ? `${where} has no column "${column}": name one of ${columns} as the source's text.`
      : `The column "${column}" of ${where} holds a ${typeof value}, not text: name another of ${columns}.`,
  )
}

/** A document for each record of a JSON Lines file, from the field `column`. */
export async function* jsonlDocuments(
  name: string,
  text: AsyncIterable<string>,
  column: string,
): AsyncIterable<ReadonlyArray<string>> {
  let line = 0
  for await (const batch of lines(text)) {
    const documents: Array<string> = []
    for (const record of batch) {
      line++
      if (record.trim() === "") continue
      const document = textOf(record, column, `${name}:${line}`)
      if (document !== "") documents.push(document)
    }
    yield documents
  }
}
