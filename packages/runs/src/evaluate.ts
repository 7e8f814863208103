import type { Product } from "./expression.ts"
import { numberIn } from "./number.ts"
import { isBlank, type Table } from "./table.ts"

/** What became of each row's cells under a product. */
export interface Evaluated {
  /** NaN where there is no value. */
  readonly values: Float64Array
  /** 0: a value. 1 + 2k: the k-th column of the product is blank; 2 + 2k: it is no number. */
  readonly trouble: Uint8Array
}

/** Values of a product in all rows; where it counts something, its cells may say so with a suffix. */
export const evaluate = (table: Table, product: Product, counts = false): Evaluated => {
  const values = new Float64Array(table.rows).fill(product.constant)
  const trouble = new Uint8Array(table.rows)
  product.columns.forEach(({ name, power }, k) => {
    const column = table.columns.get(name)
    for (let row = 0; row < table.rows; row++) {
      if (trouble[row] !== 0) continue
      const cell = column?.at(row)
      const number = isBlankFast(cell) ? undefined : numberIn(cell, counts)
      if (number !== undefined) values[row] = power === 1 ? values[row] * number : values[row] / number
      else {
        values[row] = NaN
        trouble[row] = (isBlank(cell) ? 1 : 2) + 2 * k
      }
    }
  })
  return { values, trouble }
}

const isBlankFast = (cell: unknown): boolean => cell === undefined || cell === null || cell === ""

const advice = (text: string): string =>
  /%\s*$/.test(text)
    ? "; write it without the percent sign"
    : /^\d{1,3}(?:\.\d{3}){2,}$/.test(text)
      ? "; write it without points between thousands"
      : /^[\d.,]*,[\d.,]*$/.test(text)
        ? "; write it with a decimal point, or part the cells by semicolons"
        : ""

/** In words: `"lr" is blank`, or `"lr" is not a number: "fast"` with the cell as it stands in this row. */
export const troubleText = (table: Table, product: Product, trouble: number, row: number): string => {
  const { name } = product.columns[(trouble - 1) >> 1]
  if (trouble % 2 === 1) return `"${name}" is blank`
  const text = String(table.columns.get(name)?.at(row)).trim()
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text
  return `"${name}" is not a number: "${shown}"${advice(text)}`
}
