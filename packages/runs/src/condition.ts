import { MappingError } from "./errors.ts"
import { columnsSentence } from "./nearest.ts"
import { numberIn } from "./number.ts"
import { type Cell, isBlank } from "./table.ts"

/** What a row must have to be taken: `topk = 2`. */
export interface Condition {
  readonly text: string
  readonly column: string
  /** A blank cell has nothing, so it meets no condition. */
  readonly meets: (cell: Cell) => boolean
}

const operator = /^\s*(==|=|!=|<>|<=|>=|<|>|in\b)\s*(.*)$/s

const orders: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
}

const unquoted = (text: string): string => /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text

/** `1, 2`, also in brackets, values in quotes where they hold commas. */
const listIn = (text: string): ReadonlyArray<string> =>
  (text.replace(/^[([](.*)[)\]]$/s, "$1").match(/"[^"]*"|'[^']*'|[^,]+/g) ?? []).map((part) => unquoted(part.trim()))

/**
 * Reads `"topk = 2"`, `"N < 1e9"`, `"optimizer != lion"` or `"arch in dense, moe"`. Names and values may hold spaces; numbers are compared as numbers,
 * however they are written.
 *
 * @throws MappingError for a column that is not there, a missing operator or value, and an order of what is no number
 */
export const parseCondition = (expression: string, names: ReadonlyArray<string>): Condition => {
  const text = expression.trim()
  const fail = (problem: string) => new MappingError("where", text, problem)
  const column = names
    .filter((name) => name.trim() !== "" && text.startsWith(name) && operator.test(text.slice(name.length)))
    .sort((a, b) => b.length - a.length)[0]
  if (column === undefined) {
    const wanted = /^(.*?)\s*(?:[=<>!]|\bin\b)/s.exec(text)?.[1]
    throw fail(
      wanted === undefined
        ? 'compare a column with a value, as "topk = 2", "N < 1e9" or "topk in 1, 2".'
        : `there is no column "${wanted}"; ${columnsSentence(wanted, names)}.`,
    )
  }
  const [, sign, rest] = operator.exec(text.slice(column.length)) ?? []
  const values = sign === "in" ? listIn(rest.trim()) : [unquoted(rest.trim())]
  if (values.length === 0 || values.includes("")) throw fail(`a value is missing after "${sign}".`)
  const numbers = values.map(Number)
  const order = orders[sign]
  if (order !== undefined && Number.isNaN(numbers[0]))
    throw fail(`"${values[0]}" is not a number, and "${sign}" compares numbers.`)
  const negated = sign === "!=" || sign === "<>"
  return {
    text,
    column,
    meets: (cell) => {
      if (isBlank(cell)) return false
      const number = numberIn(cell) ?? NaN
      if (order !== undefined) return order(number, numbers[0])
      return (values.includes(String(cell).trim()) || numbers.some((value) => value === number)) !== negated
    },
  }
}
