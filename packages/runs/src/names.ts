import { MappingError } from "./errors.ts"
import type { Cell, Column, Table } from "./table.ts"

const number = "([+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?)"
const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\\*", ".*?")

interface Pattern {
  readonly fields: ReadonlyArray<string>
  readonly regex: RegExp
}

/** `"lr{eta}-bs{batch}"`: text that must be there, numbers in braces, `*` for anything. It may lie anywhere in the name. */
const parsePattern = (pattern: string): Pattern => {
  const parts = pattern.split(/\{([^{}]*)\}/)
  const fields = parts.filter((_, k) => k % 2 === 1).map((field) => field.trim())
  if (fields.length === 0 || fields.includes("") || new Set(fields).size < fields.length)
    throw new MappingError("names", pattern, 'put each number\'s name in braces once, as "lr{eta}-bs{batch}"')
  return { fields, regex: new RegExp(parts.map((part, k) => (k % 2 === 1 ? number : literal(part))).join("")) }
}

/**
 * Adds a column for each number in a pattern of names, read from column `from`.
 *
 * @throws MappingError for a pattern that matches no name at all
 */
export const columnsFromNames = (table: Table, from: string, pattern: string): Table => {
  const { fields, regex } = parsePattern(pattern)
  const taken = fields.find((field) => table.columns.has(field))
  if (taken !== undefined)
    throw new MappingError("names", pattern, `there is a column "${taken}" already; give the number another name`)
  const source = table.columns.get(from)
  const found = new Map<string, ReadonlyArray<number> | undefined>()
  const match = (name: string): ReadonlyArray<number> | undefined => {
    if (!found.has(name)) found.set(name, regex.exec(name)?.slice(1).map(Number))
    return found.get(name)
  }
  for (let row = 0; row < table.rows; row++) match(String(source?.at(row) ?? "").trim())
  const missed = [...found].flatMap(([name, values]) => (values === undefined ? [name] : []))
  const sample = missed.slice(0, 3).map((name) => `"${name}"`)
  if (missed.length === found.size)
    throw new MappingError("names", pattern, `no name in "${from}" has this form; they are ${sample.join(", ")}, …`)
  const columns = new Map(table.columns)
  fields.forEach((field, k) => {
    const column: Column = {
      length: table.rows,
      at: (row): Cell => match(String(source?.at(row) ?? "").trim())?.[k],
    }
    columns.set(field, column)
  })
  const note = `${missed.length} of ${found.size} names in "${from}" do not have the form "${pattern}", as ${sample.join(", ")}`
  return { ...table, columns, notes: missed.length === 0 ? table.notes : [...table.notes, note] }
}
