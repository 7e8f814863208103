import type { Cell, Law } from "@ts/fit"
import { sizeText } from "./format/tokens.ts"
import { weightsText } from "./weights-text.ts"

/** Cells of the model that the law's statements are about. */
export const ownCells = (law: Law): ReadonlyArray<Cell> =>
  law.cells.filter(
    (cell) => cell.width === law.slice.width && cell.size === law.slice.size && cell.average === law.slice.average,
  )

export const distinct = (values: ReadonlyArray<number>): ReadonlyArray<number> =>
  [...new Set(values)].sort((a, b) => a - b)

export interface Grid {
  readonly batches: ReadonlyArray<number>
  readonly horizons: ReadonlyArray<number>
  readonly at: (batch: number, tokens: number) => Cell | undefined
}

/** Cells by batch and horizon, both ascending, tokens. */
export const gridOf = (cells: ReadonlyArray<Cell>): Grid => {
  const keyed = new Map(cells.map((cell) => [`${cell.batch} ${cell.tokens}`, cell]))
  return {
    batches: distinct(cells.map((cell) => cell.batch)),
    horizons: distinct(cells.map((cell) => cell.tokens)),
    at: (batch, tokens) => keyed.get(`${batch} ${tokens}`),
  }
}

/** "width 64, 98,300 parameters, raw weights". */
export const sliceText = (law: Law): string => {
  const { width, size, average } = law.slice
  const parts = [
    ...(width > 0 ? [`width ${width}`] : size > 0 ? [] : ["width unknown"]),
    ...(size > 0 ? [`${Number(size.toPrecision(3)).toLocaleString("en-US")} parameters`] : []),
    weightsText(average),
    ...sizesText(law),
  ]
  return parts.join(", ")
}

/** "law fitted to 5 sizes together (6e7 … 1.07e9)". */
const sizesText = ({ joint, cells }: Law): ReadonlyArray<string> => {
  if (joint?.terms.size !== true) return []
  const sizes = distinct(cells.map((cell) => cell.size).filter((size) => size > 0))
  return [
    `law fitted to ${sizes.length} sizes together (${sizeText(sizes[0] ?? 0)} … ${sizeText(sizes[sizes.length - 1] ?? 0)})`,
  ]
}
