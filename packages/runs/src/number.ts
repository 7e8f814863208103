import type { Cell } from "./table.ts"

const nonFinite = /^(?:[+-]?(?:nan|inf|infinity)|diverged|#num!)$/i

/**
 * Value of one cell that is not blank: a number, NaN for what spells a non-finite one or says that a run diverged, `undefined` for
 * what is no number.
 */
export const numberIn = (cell: Cell): number | undefined => {
  if (typeof cell === "number") return cell
  if (typeof cell !== "string") return undefined
  const number = Number(cell)
  if (Number.isFinite(number) && cell.trim() !== "") return number
  return nonFinite.test(cell.trim()) ? NaN : undefined
}
