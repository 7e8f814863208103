/** A mapping that cannot be read, or names a column that is not there. */
export class MappingError extends Error {
  override readonly name = "MappingError"
  /** Field of the row that was being mapped, as `batch`. */
  readonly field: string
  readonly expression: string
  constructor(field: string, expression: string, problem: string) {
    super(`--${field} "${expression}": ${problem}`)
    this.field = field
    this.expression = expression
  }
}

/** A product of columns and numbers: value = constant * product of columns^(+-1). */
export interface Product {
  readonly constant: number
  readonly columns: ReadonlyArray<{ readonly name: string; readonly power: 1 | -1 }>
}

/**
 * Reads `"lr"`, `"bs * 2048"`, `"smooth loss"`, `"tokens / 1e9"` or a plain number. A column whose whole name equals the expression wins, even
 * if it holds an operator (`loss/val`); otherwise the longest column name at each place is taken, so names may hold spaces.
 *
 * @throws MappingError naming the columns at hand
 */
export const parseProduct = (field: string, expression: string, names: ReadonlyArray<string>): Product => {
  const text = expression.trim()
  const fail = (problem: string) => new MappingError(field, expression, problem)
  const listed = () => `the columns are ${names.map((n) => `"${n}"`).join(", ")}`
  if (names.includes(expression)) return { constant: 1, columns: [{ name: expression, power: 1 }] }
  if (names.includes(text)) return { constant: 1, columns: [{ name: text, power: 1 }] }
  const longestFirst = [...names].filter((n) => n.trim() !== "").sort((a, b) => b.length - a.length)
  const columns: Array<{ name: string; power: 1 | -1 }> = []
  let constant = 1
  let power: 1 | -1 = 1
  let at = 0
  const skip = () => {
    while (at < text.length && text[at] === " ") at++
  }
  if (text === "") throw fail(`name a column; ${listed()}.`)
  while (true) {
    skip()
    const rest = text.slice(at)
    const name = longestFirst.find((n) => rest.startsWith(n) && /^\s*([*/]|$)/.test(rest.slice(n.length)))
    const number = /^[0-9.]+(?:[eE][+-]?[0-9]+)?(?=\s*(?:[*/]|$))/.exec(rest)?.[0]
    if (name !== undefined) {
      columns.push({ name, power })
      at += name.length
    } else if (number !== undefined && Number.isFinite(Number(number))) {
      constant *= Number(number) ** power
      at += number.length
    } else {
      const token = rest.split(/\s*[*/]\s*/, 1)[0]
      throw fail(
        token === ""
          ? "a column or a number is missing after the operator."
          : `there is no column "${token}"; ${listed()}.`,
      )
    }
    skip()
    if (at >= text.length) break
    power = text[at] === "*" ? 1 : -1
    at++
  }
  if (!(constant > 0 && Number.isFinite(constant))) throw fail("its constant must be a finite number above zero.")
  return { constant, columns }
}

/** Value of one table cell: a number, NaN for what spells a non-finite one, `undefined` for blank or what is no number. */
export const numberIn = (value: unknown): number | undefined => {
  if (typeof value === "number") return value
  if (typeof value !== "string") return undefined
  const text = value.trim()
  if (text === "") return undefined
  if (/^[+-]?(nan|inf|infinity)$/i.test(text)) return NaN
  const number = Number(text)
  return Number.isNaN(number) ? undefined : number
}
