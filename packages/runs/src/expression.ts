import { MappingError } from "./errors.ts"
import { columnsSentence } from "./nearest.ts"

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
  if (text === "") throw fail(`name a column; ${columnsSentence("", names)}.`)
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
          : `there is no column "${token}"; ${columnsSentence(rest === text ? text : token, names)}.`,
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

export const times = (a: Product, b: Product): Product => ({
  constant: a.constant * b.constant,
  columns: [...a.columns, ...b.columns],
})

export const inverse = ({ constant, columns }: Product): Product => ({
  constant: 1 / constant,
  columns: columns.map(({ name, power }) => ({ name, power: power === 1 ? -1 : 1 })),
})

/** Puts products in the place of names, as the mapped batch for the word `batch`. */
export const substitute = (product: Product, meanings: ReadonlyMap<string, Product>): Product =>
  product.columns.reduce<Product>(
    (all, { name, power }) => {
      const meant = meanings.get(name) ?? { constant: 1, columns: [{ name, power: 1 }] }
      return times(all, power === 1 ? meant : inverse(meant))
    },
    { constant: product.constant, columns: [] },
  )

/** As one would write it in a mapping. */
export const showProduct = ({ constant, columns }: Product): string => {
  const over = columns.filter(({ power }) => power === 1).map(({ name }) => name)
  const under = columns.filter(({ power }) => power === -1).map(({ name }) => ` / ${name}`)
  const factors = constant === 1 && over.length > 0 ? over : [...over, String(constant)]
  return `${factors.join(" * ")}${under.join("")}`
}
