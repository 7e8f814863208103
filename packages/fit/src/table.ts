import { divergedReadings } from "./divergence.ts"
import { MappingError, numberIn, type Product, parseProduct } from "./expression.ts"
import type { RowSummary } from "./law.ts"
import type { Row, Status } from "./row.ts"
import { Tally } from "./summary.ts"

/** Columns by name; cells are text or numbers. All columns are equally long. */
export type Table = Readonly<Record<string, ReadonlyArray<string | number | boolean | null | undefined>>>

/**
 * Which column says what. Each is a column name or a product that turns its unit into ours, as `"bs * 2048"` for sequences of 2048
 * tokens. `average`, `runId` and `status` are plain column names.
 */
export interface TableMapping {
  /** Peak learning rate. */
  readonly eta: string
  /** Tokens. */
  readonly batch: string
  /** Horizon, tokens. */
  readonly tokens: string
  /** Nats per token. */
  readonly loss: string
  /** Parameters. */
  readonly size?: string
  readonly width?: string
  readonly seed?: string
  readonly steps?: string
  readonly warmupSteps?: string
  readonly initialLoss?: string
  readonly average?: string
  readonly runId?: string
  readonly status?: string
  /** Where the table comes from; kept in each row's provenance. */
  readonly source?: string
}

export interface TableRows {
  readonly rows: ReadonlyArray<Row>
  /** Table row behind each row, from 0. */
  readonly origins: ReadonlyArray<number>
  /** Rows of the table that were marked as diverged by rule, from 0. They are among the rows. */
  readonly diverged: ReadonlyArray<number>
  readonly summary: RowSummary
}

const required = ["eta", "batch", "tokens", "loss"] as const
const optional = ["size", "width", "seed", "steps", "warmupSteps", "initialLoss"] as const
type NumberField = (typeof required)[number] | (typeof optional)[number]

/**
 * Maps a table of somebody's runs to rows. Each table row is a run of its own unless `runId` names one.
 *
 * A row is dropped, and counted with its reason, where a needed cell is blank or no number, where rate, batch or horizon are not
 * above zero, or where it repeats an earlier row in everything. Equal settings with another loss are kept as repeated
 * seeds. A loss that is not finite, or that the rule of `divergedReadings` catches within its profile, marks the
 * row `diverged`; it is kept.
 *
 * @throws MappingError for a column that is not there
 */
export const rowsFromTable = (table: Table, mapping: TableMapping): TableRows => {
  const names = Object.keys(table)
  const products = new Map<NumberField, Product>()
  for (const field of required) products.set(field, parseProduct(field, mapping[field] ?? "", names))
  for (const field of optional) {
    const expression = mapping[field]
    if (expression !== undefined) products.set(field, parseProduct(field, expression, names))
  }
  for (const field of ["average", "runId", "status"] as const) {
    const name = mapping[field]
    if (name !== undefined && !names.includes(name))
      throw new MappingError(
        field,
        name,
        `there is no column "${name}"; the columns are ${names.map((n) => `"${n}"`).join(", ")}.`,
      )
  }
  const count = names.reduce((most, name) => Math.max(most, table[name].length), 0)
  const tally = new Tally()
  const rows: Array<Row> = []
  const origins: Array<number> = []
  const seen = new Map<string, { losses: Array<number> }>()
  for (let i = 0; i < count; i++) {
    const read = readRow(table, mapping, products, i)
    if (typeof read === "string") {
      tally.drop(read, i)
      continue
    }
    const settings = settingsOf(read)
    const named = mapping.runId === undefined ? settings : `${settings} run=${read.runId}`
    const earlier = seen.get(named)
    if (earlier?.losses.some((loss) => Object.is(loss, read.loss))) {
      tally.drop("duplicate of an earlier row", i)
      continue
    }
    const repeat = earlier === undefined ? 0 : earlier.losses.push(read.loss) - 1
    if (earlier === undefined) seen.set(named, { losses: [read.loss] })
    const runId = mapping.runId !== undefined ? read.runId : repeat === 0 ? settings : `${settings} repeat=${repeat}`
    rows.push({ ...read, runId, seed: mapping.seed === undefined ? repeat : read.seed })
    origins.push(i)
  }
  const status = statusesOf(rows)
  return {
    rows: rows.map((row, k) => (status[k] === row.status ? row : { ...row, status: status[k] })),
    origins,
    diverged: origins.filter((_, k) => status[k] === "diverged"),
    summary: tally.summary(count),
  }
}

const settingsOf = (row: Row): string =>
  `eta=${row.eta} batch=${row.batch} tokens=${row.tokens} size=${row.size ?? 0} width=${row.width} seed=${row.seed} average=${row.average}`

const evaluate = (table: Table, product: Product, i: number): number | string => {
  let value = product.constant
  for (const { name, power } of product.columns) {
    const cell = table[name][i]
    if (cell === null || cell === undefined || cell === "" || (typeof cell === "string" && cell.trim() === ""))
      return `"${name}" is blank`
    const number = numberIn(cell)
    if (number === undefined) return `"${name}" is not a number`
    value *= number ** power
  }
  return value
}

/** The row, or why it is dropped. */
const readRow = (
  table: Table,
  mapping: TableMapping,
  products: ReadonlyMap<NumberField, Product>,
  i: number,
): Row | string => {
  const values: Partial<Record<NumberField, number>> = {}
  for (const [field, product] of products) {
    const value = evaluate(table, product, i)
    if (typeof value === "string") {
      // What is optional may be blank; a blank loss is a run that never reported.
      if (required.some((name) => name === field)) return value
      continue
    }
    const bad =
      field === "loss" || field === "initialLoss"
        ? false
        : field === "eta" || field === "batch" || field === "tokens"
          ? !(Number.isFinite(value) && value > 0)
          : !Number.isFinite(value) || (field !== "seed" && value < 0)
    if (bad) return `${field} is not ${field === "seed" ? "finite" : "above zero"}`
    values[field] = value
  }
  const { eta, batch, tokens, loss, width, seed, size, steps, warmupSteps, initialLoss } = values
  if (eta === undefined || batch === undefined || tokens === undefined || loss === undefined) return "incomplete"
  const text = (name: string | undefined): string => (name === undefined ? "" : String(table[name][i] ?? "").trim())
  return {
    runId: text(mapping.runId) || `row ${i}`,
    seed: seed ?? 0,
    tokens,
    batch,
    eta,
    width: width ?? 0,
    average: text(mapping.average) || "none",
    loss,
    status: statusFrom(text(mapping.status)),
    ...(steps === undefined ? {} : { steps }),
    ...(warmupSteps === undefined ? {} : { warmupSteps }),
    ...(size === undefined ? {} : { size }),
    ...(initialLoss === undefined ? {} : { initialLoss }),
    provenance: mapping.source === undefined ? {} : { source: mapping.source },
  }
}

const statusFrom = (text: string): Status => {
  const word = text.toLowerCase()
  if (word === "diverged" || word === "failed") return "diverged"
  return word === "pruned" ? "pruned" : "finished"
}

/** Applies the divergence rule within each profile. */
const statusesOf = (rows: ReadonlyArray<Row>): ReadonlyArray<Status> => {
  const groups = new Map<string, Array<number>>()
  rows.forEach((row, k) => {
    const key = `${row.width} ${row.size ?? 0} ${row.average} ${row.batch} ${row.tokens}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [k])
    else group.push(k)
  })
  const statuses: Array<Status> = rows.map((row) => row.status)
  for (const group of groups.values()) {
    divergedReadings(group.map((k) => rows[k])).forEach((lost, j) => {
      if (lost) statuses[group[j]] = "diverged"
    })
  }
  return statuses
}
