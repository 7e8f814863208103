import { parseCsv } from "./csv.ts"
import { parseJsonArray, parseJsonLines } from "./json.ts"
import { isOptunaJournal, parseOptunaJournal } from "./optuna.ts"
import { isParquet, parseParquet } from "./parquet.ts"
import type { Table } from "./table.ts"
import { textOf } from "./text.ts"

/** A file that somebody has read: its name and what is in it. */
export interface RunsFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface ParseOptions {
  /** What parts the cells of a text table; found by looking unless given. */
  readonly delimiter?: "," | ";" | "\t"
}

/**
 * Reads a table of runs. The content says what it is, its name does not matter: Parquet, an Optuna journal, JSON lines, a JSON array of objects, or else text
 * with a header line, parted by commas, semicolons or tabs. W&B's wide chart export becomes one row for each run and step.
 *
 * @throws RunsFormatError
 */
export const parseRuns = async ({ name, bytes }: RunsFile, { delimiter }: ParseOptions = {}): Promise<Table> => {
  if (isParquet(bytes)) return parseParquet(bytes, name)
  const text = textOf(bytes, name)
  if (isOptunaJournal(text)) return parseOptunaJournal(text, name)
  const begin = /\S/.exec(text)?.[0]
  if (begin === "{") return parseJsonLines(text, name)
  if (begin === "[") return parseJsonArray(text, name)
  return parseCsv(text, name, delimiter)
}
