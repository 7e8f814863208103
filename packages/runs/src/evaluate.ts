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

/** Values of a product in all rows. */
export const evaluate = (table: Table, product: Product): Evaluated => {
  const values = new Float64Array(table.rows).fill(product.constant)
  const trouble = new Uint8Array(table.rows)
  product.columns.forEach(({ name, power }, k) => {
    const column = table.columns.get(name)
    for (let row = 0; row < table.rows; row++) {
      if (trouble[row] !== 0) continue
      const cell = column?.at(row)
      const number = isBlankFast(cell) ? undefined : numberIn(cell)
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

/** In words: `"lr" is blank`. */
export const troubleText = (product: Product, trouble: number): string => {
  const { name } = product.columns[(trouble - 1) >> 1]
  return trouble % 2 === 1 ? `"${name}" is blank` : `"${name}" is not a number`
}
