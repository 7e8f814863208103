import type { Cell } from "./table.ts"

const nonFinite = /^(?:[+-]?(?:nan|inf|infinity)|diverged|#num!)$/i

/** Thousands parted by what parts nothing else: blanks, underscores, apostrophes; or by commas, of which one alone could be a decimal comma. */
const parted = /^[+-]?\d{1,3}(?:[ \u00a0\u202f_'’]\d{3}(?!\d))+(?:\.\d+)?$|^[+-]?[1-9]\d{0,2}(?:,\d{3}){2,}(?:\.\d+)?$/
/** A count of tokens or parameters has no part behind a comma that has three digits. */
const partedCount = /^[1-9]\d{0,2}(?:,\d{3})+$/
const suffixed = /^(\d+\.?\d*|\.\d+)\s?([kmbgt]|[KMGT]i)$/i
const power = /^2(?:\^|\*\*)(\d{1,2})$/

/** Powers of ten, and of two. */
const tens: Readonly<Record<string, number>> = { k: 3, m: 6, b: 9, g: 9, t: 12 }
const twos: Readonly<Record<string, number>> = { ki: 10, mi: 20, gi: 30, ti: 40 }

/** A count as people write it: `512k` and `0.5M` (thousands and millions), `512Ki` (of 1024), `65,536`, `2^16`. */
const countIn = (text: string): number | undefined => {
  if (partedCount.test(text)) return Number(text.replaceAll(",", ""))
  const [, mantissa, written] = suffixed.exec(text) ?? []
  if (written !== undefined) {
    const suffix = written.toLowerCase()
    return suffix in tens ? Number(`${mantissa}e${tens[suffix]}`) : Number(mantissa) * 2 ** twos[suffix]
  }
  const exponent = power.exec(text)?.[1]
  return exponent === undefined ? undefined : 2 ** Number(exponent)
}

/** A count whose suffix people use for powers of ten and of two alike. */
export const isLooseCount = (cell: Cell): cell is string =>
  typeof cell === "string" && /^[\d.]+\s?[km]$/i.test(cell.trim()) && countIn(cell.trim()) !== undefined

/**
 * Value of one cell that is not blank: a number, NaN for what spells a non-finite one or says that a run diverged, `undefined` for
 * what is no number.
 *
 * @param counts whether it counts something, tokens or parameters: then it may have a suffix
 */
export const numberIn = (cell: Cell, counts = false): number | undefined => {
  if (typeof cell === "number") return cell
  if (typeof cell !== "string") return undefined
  const number = Number(cell)
  const text = cell.trim()
  if (Number.isFinite(number) && text !== "") return number
  if (nonFinite.test(text)) return NaN
  if (parted.test(text)) return Number(text.replace(/[^\d.+-]/g, ""))
  return counts ? countIn(text) : undefined
}
