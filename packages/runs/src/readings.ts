import type { Distinct } from "./distinct.ts"
import { MappingError } from "./errors.ts"
import { type Evaluated, evaluate, troubleText } from "./evaluate.ts"
import { type Product, showProduct } from "./expression.ts"
import { meanings } from "./guess.ts"
import { countFields, type NumberField } from "./mapping.ts"
import type { Resolved } from "./resolve.ts"
import type { Fates } from "./summary.ts"
import { agreementOf, factorAdvice, sameUnits } from "./units.ts"

export type Evaluations = ReadonlyMap<NumberField, Evaluated>

const required = ["eta", "batch", "tokens", "loss"] as const
const optional = ["size", "width", "seed", "steps", "warmupSteps"] as const

export const evaluateAll = ({ table, products }: Resolved): Evaluations =>
  new Map([...products].map(([field, product]) => [field, evaluate(table, product, countFields.has(field))]))

/**
 * What is not needed may be missing, but text where a number should be is worth a word: returns notes, and forgets guesses that hold nothing else.
 */
export const dropTexts = ({ products, guesses }: Resolved, all: Map<NumberField, Evaluated>): ReadonlyArray<string> => {
  const notes: Array<string> = []
  for (const field of [...optional, "initialLoss"] as const) {
    const [product, evaluated] = [products.get(field), all.get(field)]
    if (product === undefined || evaluated === undefined) continue
    let texts = 0
    let numbers = 0
    for (const code of evaluated.trouble) {
      if (code === 0) numbers++
      else if (code % 2 === 0) texts++
    }
    if (texts === 0) continue
    if (numbers === 0 && guesses.some((guess) => guess.field === field)) {
      all.delete(field)
      notes.push(`"${showProduct(product)}" holds no numbers, so it is not ${meanings[field]}; it is left out`)
    } else notes.push(`"${showProduct(product)}" is not a number in ${texts} rows; ${meanings[field]} is unknown there`)
  }
  return notes
}

/** Drops the rows that are no readings; returns how many rows of runs with several rows just have no loss. */
export const dropUnusable = (
  resolved: Resolved,
  all: Evaluations,
  runs: Distinct<string> | undefined,
  fates: Fates,
): number => {
  const rowsOf = new Int32Array(runs?.values.length ?? 0)
  if (runs !== undefined) for (const run of runs.index) rowsOf[run]++
  const { table, products } = resolved
  const fields = required.map((field) => {
    const product = products.get(field)
    const evaluated = all.get(field)
    if (product === undefined || evaluated === undefined) throw new MappingError(field, "", "is not mapped")
    return { field, product, ...evaluated }
  })
  const [, , , loss] = fields
  const extras = optional.flatMap((field) => {
    const evaluated = all.get(field)
    return evaluated === undefined ? [] : [{ field, ...evaluated }]
  })
  // One reason for each column, with the first cell that gave it.
  const words = new Map<string, string>()
  const said = (field: NumberField, product: Product, trouble: number, row: number): string => {
    const key = `${field} ${trouble}`
    const text = words.get(key) ?? troubleText(table, product, trouble, row)
    words.set(key, text)
    return text
  }
  let blank = 0
  for (let row = 0; row < table.rows; row++) {
    const unreadable = table.unreadable?.get(row)
    if (unreadable !== undefined) fates.drop(row, unreadable)
    else if (runs !== undefined && rowsOf[runs.index[row]] > 1 && loss.trouble[row] % 2 === 1) {
      fates.drop(row, noReading)
      blank++
    } else {
      for (const { field, product, values, trouble } of fields) {
        if (trouble[row] !== 0) fates.drop(row, said(field, product, trouble[row], row))
        else if (field === "loss" ? values[row] <= 0 : !(values[row] > 0 && values[row] < Infinity))
          fates.drop(row, `${field} is not above zero`)
        else continue
        break
      }
      for (const { field, values, trouble } of extras)
        if (
          trouble[row] === 0 &&
          fates.kept(row) &&
          !(Number.isFinite(values[row]) && (field === "seed" || values[row] >= 0))
        )
          fates.drop(row, `${field} is ${field === "seed" ? "not finite" : "below zero or not finite"}`)
    }
  }
  return blank
}

/** Reason of rows that are nothing to be counted among those dropped. */
export const noReading = "no loss in this row"

/**
 * Compares tokens with steps * batch where the table has all three. Rows that disagree with most others are dropped: their units are mixed.
 *
 * @returns a note where guessed steps turn out to be something else; they are then of no use
 * @throws MappingError where most rows agree on another factor than 1, or on none
 */
export const checkUnits = (resolved: Resolved, all: Evaluations, fates: Fates): string | undefined => {
  const [tokens, steps, batch] = [all.get("tokens"), all.get("steps"), all.get("batch")]
  if (tokens === undefined || steps === undefined || batch === undefined) return undefined
  const ratios = tokens.values.map((value, row) =>
    fates.kept(row) ? value / (steps.values[row] * batch.values[row]) : NaN,
  )
  const agreement = agreementOf(ratios)
  if (agreement === undefined) return undefined
  const { factor, compared, agreeing } = agreement
  const text = (field: NumberField) => {
    const product = resolved.products.get(field)
    return product === undefined ? "" : showProduct(product)
  }
  const guessed = resolved.guesses.some(({ field }) => field === "steps")
  const shown = Number(factor.toPrecision(4))
  if (agreeing < compared / 2) {
    const problem = `"${text("steps")}" is not the optimiser steps: times the batch it does not give the tokens`
    if (guessed) return `${problem}; it is left out`
    throw new MappingError(
      "steps",
      text("steps"),
      `${problem} (their ratio differs from row to row); leave --steps out.`,
    )
  }
  if (factor !== 1)
    throw new MappingError(
      "batch",
      text("batch"),
      `tokens are ${shown} times steps * batch in ${agreeing} of ${compared} rows; ${factorAdvice(shown, text("tokens"), text("steps"), text("batch"))}.`,
    )
  for (let row = 0; row < ratios.length; row++)
    if (!Number.isNaN(ratios[row]) && !sameUnits(tokens.values[row], steps.values[row], batch.values[row]))
      fates.drop(row, "tokens are not steps * batch: mixed units")
  return undefined
}

/** Keeps the last reading of each run: the one with most tokens. */
export const keepLast = (tokens: Float64Array, runs: Distinct<string>, fates: Fates): void => {
  const last = new Float64Array(runs.values.length)
  for (let row = 0; row < tokens.length; row++)
    if (fates.kept(row)) last[runs.index[row]] = Math.max(last[runs.index[row]], tokens[row])
  for (let row = 0; row < tokens.length; row++)
    if (fates.kept(row) && tokens[row] < last[runs.index[row]]) fates.drop(row, "an earlier reading of its run")
}
