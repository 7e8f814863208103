import { MappingError } from "./errors.ts"
import { evaluate } from "./evaluate.ts"
import { inverse, type Product, parseProduct, showProduct, substitute, times } from "./expression.ts"
import { type GuessedMapping, guessMapping, meanings } from "./guess.ts"
import { type Guess, type NumberField, numberFields, type TableMapping, type TextField, textFields } from "./mapping.ts"
import { columnsFromNames } from "./names.ts"
import { columnsSentence } from "./nearest.ts"
import type { Table } from "./table.ts"
import { agreementOf, factorAdvice } from "./units.ts"
import { readName, sequenceLengthNames } from "./usual-names.ts"
import { whereRows } from "./where.ts"

/** A mapping that is complete and names columns that are there. */
export interface Resolved {
  /** With the columns that a pattern of names adds, and only the rows asked for. */
  readonly table: Table
  /** Row of the table given behind each of them; absent where all are taken. */
  readonly kept?: Int32Array
  readonly products: ReadonlyMap<NumberField, Product>
  readonly texts: ReadonlyMap<TextField, string>
  readonly guesses: ReadonlyArray<Guess>
  readonly notes: ReadonlyArray<string>
}

const examples = { eta: "lr", batch: "bs * 2048", tokens: "tokens", loss: "val_loss" }

const withNames = (table: Table, mapping: TableMapping): Table => {
  if (mapping.names === undefined) return table
  const from = mapping.runId ?? guessMapping(table.columns.keys()).mapping.runId
  if (from === undefined)
    throw new MappingError("names", mapping.names, "name the column that holds the names, as --run-id run")
  textColumn(table, "runId", from)
  return columnsFromNames(table, from, mapping.names)
}

const textColumn = (table: Table, field: TextField, name: string): string => {
  if (!table.columns.has(name))
    throw new MappingError(
      field,
      name,
      `there is no column "${name}"; ${columnsSentence(name, [...table.columns.keys()])}.`,
    )
  return name
}

/** The batch where its unit was given: as it stands, or sequences times their length. */
const sequences = (batch: Product, mapping: TableMapping, names: ReadonlyArray<string>): Product => {
  if (mapping.seqLen === undefined) return batch
  const length = parseProduct("seqLen", mapping.seqLen, names)
  const twice =
    batch.constant === length.constant && batch.constant !== 1
      ? String(length.constant)
      : batch.columns.find(({ name }) => length.columns.some((column) => column.name === name))?.name
  if (twice !== undefined)
    throw new MappingError(
      "seqLen",
      mapping.seqLen,
      `--batch "${mapping.batch}" already multiplies by ${twice}; leave it out of one of the two`,
    )
  return times(batch, length)
}

/** The unit of a batch that does not say it: from tokens and steps where the table has both, else it must be asked for. */
const settleUnit = (table: Table, column: string, problem: string, tokens?: Product, steps?: Product): Guess => {
  const length = [...table.columns.keys()].find((name) => sequenceLengthNames.includes(readName(name).plain))
  const ask = `give --seq-len ${length === undefined ? "2048" : `"${length}"`} if it is in sequences of ${length === undefined ? "that many" : "so many"} tokens, or --batch "${column}" if it is in tokens`
  const evidence =
    tokens === undefined || steps === undefined
      ? undefined
      : agreementOf(
          evaluate(
            table,
            times(tokens, inverse(times(steps, { constant: 1, columns: [{ name: column, power: 1 }] }))),
            true,
          ).values,
        )
  if (
    evidence === undefined ||
    tokens === undefined ||
    steps === undefined ||
    evidence.agreeing < 0.9 * evidence.compared
  )
    throw new MappingError("batch", "", `${problem}: ${ask}.`)
  const { factor, agreeing, compared } = evidence
  if (factor !== 1)
    throw new MappingError(
      "batch",
      "",
      `${problem}. Tokens are ${Number(factor.toPrecision(4))} times steps * ${column} in ${agreeing} of ${compared} rows; ${factorAdvice(Number(factor.toPrecision(4)), showProduct(tokens), showProduct(steps), column)}.`,
    )
  return {
    field: "batch",
    expression: column,
    reason: `in tokens: steps * ${column} gives the tokens in ${agreeing} of ${compared} rows`,
  }
}

/**
 * Completes a mapping by guesses and checks it against the table.
 *
 * @throws MappingError for a column that is not there, a needed field that no column or two columns fit, a batch whose unit is not known, and
 *   conditions that no row meets
 */
export const resolveMapping = (raw: Table, mapping: TableMapping, where: ReadonlyArray<string> = []): Resolved => {
  const named = withNames(raw, mapping)
  const names = [...named.columns.keys()]
  const proposal: GuessedMapping = guessMapping(names)
  const { table, ...filtered } = whereRows(named, where, mapping.runId ?? proposal.mapping.runId)
  const products = new Map<NumberField, Product>()
  const guesses: Array<Guess> = []
  const notes: Array<string> = []
  const openOf = (field: string) => proposal.open.find((open) => open.field === field)
  const missing = (field: keyof typeof examples): MappingError => {
    const open = openOf(field)
    const problem = open?.problem ?? `no column looks like ${meanings[field]}; ${columnsSentence("", names)}; name it`
    // One column that fits, and is no batch: its unit is not known.
    const factor = open?.columns.length === 1 && field !== "batch" ? ` * ${field === "loss" ? "0.693" : "1e9"}` : ""
    const way = factor === "" ? "," : "; give what turns it into ours,"
    return new MappingError(
      field,
      "",
      `${problem}${way} as --${field} "${open?.columns[0] ?? examples[field]}${factor}".`,
    )
  }
  const take = (guess: Guess) => {
    guesses.push(guess)
    products.set(guess.field as NumberField, parseProduct(guess.field, guess.expression, names))
  }

  for (const field of numberFields) {
    const expression = mapping[field]
    if (field === "batch" || field === "tokens") continue
    if (expression !== undefined) products.set(field, parseProduct(field, expression, names))
    else {
      const guess = proposal.guesses.find((g) => g.field === field)
      if (guess !== undefined) take(guess)
      else if (field === "eta" || field === "loss") throw missing(field)
    }
  }

  const { tokens } = mapping
  const guessedTokens = tokens === undefined ? proposal.guesses.find(({ field }) => field === "tokens") : undefined
  const guessedBatch = proposal.guesses.find(({ field }) => field === "batch")
  if (mapping.batch !== undefined)
    products.set("batch", sequences(parseProduct("batch", mapping.batch, names), mapping, names))
  else {
    const open = openOf("batch")
    if (guessedBatch !== undefined && mapping.seqLen === undefined) take(guessedBatch)
    else if (open === undefined || open.columns.length !== 1) throw missing("batch")
    else if (mapping.seqLen !== undefined) {
      const [column] = open.columns
      const product = sequences(parseProduct("batch", column, names), { ...mapping, batch: column }, names)
      products.set("batch", product)
      guesses.push({
        field: "batch",
        expression: showProduct(product),
        reason: "a usual name of the batch size, times --seq-len",
      })
    } else {
      const horizon = tokens ?? guessedTokens?.expression
      const known = horizon === undefined ? undefined : parseProduct("tokens", horizon, [...names, "steps", "batch"])
      take(settleUnit(table, open.columns[0], open.problem, known, products.get("steps")))
    }
  }

  const steps = products.get("steps")
  const batch = products.get("batch")
  if (tokens !== undefined) {
    const words = new Map<string, Product>()
    if (steps !== undefined && !names.includes("steps")) words.set("steps", steps)
    if (batch !== undefined && !names.includes("batch")) words.set("batch", batch)
    products.set("tokens", substitute(parseProduct("tokens", tokens, [...names, ...words.keys()]), words))
  } else if (guessedTokens !== undefined) take(guessedTokens)
  else if (openOf("tokens") === undefined && steps !== undefined && batch !== undefined) {
    const product = times(steps, batch)
    products.set("tokens", product)
    guesses.push({
      field: "tokens",
      expression: showProduct(product),
      reason: "steps times batch, since no column names the tokens",
    })
  } else throw missing("tokens")

  const texts = new Map<TextField, string>()
  for (const field of textFields) {
    const name = mapping[field]
    const guess = name === undefined ? proposal.guesses.find((g) => g.field === field) : undefined
    if (name !== undefined) texts.set(field, textColumn(table, field, name))
    else if (guess !== undefined) {
      guesses.push(guess)
      texts.set(field, guess.expression)
    }
  }
  for (const { field, problem } of proposal.open)
    if (mapping[field] === undefined && !products.has(field as NumberField)) notes.push(`${problem}; it is left out`)
  return { table, ...filtered, products, texts, guesses, notes }
}
