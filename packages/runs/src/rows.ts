import type { Row } from "@ts/fit"
import { buildRows } from "./build-rows.ts"
import { differingColumns } from "./differing.ts"
import { combine, distinctNumbers, distinctTexts } from "./distinct.ts"
import { markDiverged } from "./diverged.ts"
import { MappingError } from "./errors.ts"
import { showProduct } from "./expression.ts"
import { checkMagnitudes } from "./magnitudes.ts"
import type { Field, NumberField, TableMapping, TextField } from "./mapping.ts"
import { mergeHorizons, mergeRates } from "./merge.ts"
import { checkRuns, textIn } from "./named-runs.ts"
import { checkUnits, dropTexts, dropUnusable, evaluateAll, keepLast, noReading } from "./readings.ts"
import { countRepeats } from "./repeats.ts"
import { type Resolved, resolveMapping } from "./resolve.ts"
import { fillColumns, settingFields } from "./settings.ts"
import { dropUnfinished, endingsOf } from "./status.ts"
import { examplesOf, Fates, type RunsSummary } from "./summary.ts"
import type { Table } from "./table.ts"

export interface RowsOptions {
  /**
   * Which readings of a run to take: all of them, right where the learning rate stays constant after warmup, or the last one only, right where it decays
   * to the run's end. Default `all`.
   */
  readonly readings?: "all" | "last"
  /** Which rows to take: those that meet all of these, as `"topk = 2"`, `"N < 1e9"` or `"arch in dense, moe"`. Default: all. */
  readonly where?: ReadonlyArray<string>
}

export interface ReadRuns {
  readonly rows: ReadonlyArray<Row>
  /** Table row behind each row, from 0. */
  readonly origins: ReadonlyArray<number>
  readonly summary: RunsSummary
}

const mappingOf = ({ products, texts }: Resolved): ReadonlyArray<readonly [Field, string]> => [
  ...[...products].map(([field, product]) => [field, showProduct(product)] as const),
  ...texts,
]

/** Columns that a field is read from alone. A factor of a product is not one: equal products hide different factors. */
const mappedColumns = ({ products, texts }: Resolved): ReadonlySet<string> =>
  new Set([
    ...[...products].flatMap(([field, { columns }]) =>
      columns.length === 1 && field !== "warmupSteps" ? [columns[0].name] : [],
    ),
    ...texts.values(),
  ])

/**
 * Maps a table of somebody's runs to the rows of `@ts/fit`. Each table row is a run of its own unless a column names its run; a setting that is
 * written once in a named run holds for all its rows.
 *
 * A row is dropped, and counted with its reason, where a needed cell is blank or no number, where rate, batch, horizon or loss are not above zero,
 * where its units are not those of the others, or where it repeats an earlier row in everything. Spellings of one learning rate and horizons that differ by
 * whole steps become one (`snapRates`, `snapTokens`). Equal settings with another loss are kept as repeated seeds. A loss that is not
 * finite, or that the rule of `divergedReadings` catches within its profile, marks the row `diverged`; it is kept.
 *
 * @throws MappingError where the mapping does not fit the table, or names do not say enough to guess what is missing in it
 */
export const rowsFromTable = (
  raw: Table,
  mapping: TableMapping = {},
  { readings = "all", where = [] }: RowsOptions = {},
): ReadRuns => {
  const resolved = resolveMapping(raw, mapping, where)
  const { table, kept } = resolved
  const notes = [...table.notes, ...resolved.notes]
  const fates = new Fates(table.rows)
  const found = evaluateAll(resolved)
  const { runs, notes: doubts } = checkRuns(resolved, found, fates)
  const settings = settingFields.flatMap((field) => resolved.products.get(field)?.columns ?? [])
  const filled = runs === undefined ? undefined : fillColumns(table, new Set(settings.map(({ name }) => name)), runs)
  const all = new Map(filled === undefined ? found : evaluateAll({ ...resolved, table: filled }))
  const loss = all.get("loss")!
  notes.push(...doubts, ...dropTexts(resolved, all))
  const blank = dropUnusable(resolved, all, runs, fates)
  const unused = checkUnits(resolved, all, fates)
  if (unused !== undefined) {
    all.delete("steps")
    notes.push(unused)
  }
  notes.push(...checkMagnitudes(resolved, all, fates))

  const ending = endingsOf(table, resolved.texts.get("status"))
  dropUnfinished(table, ending, loss.values, runs, fates)
  const average = resolved.texts.get("average")
  const averages = distinctTexts(
    table.rows,
    (row) => (average === undefined ? "" : textIn(table, average, row)) || "none",
  )

  const eta = all.get("eta")!.values
  const tokens = all.get("tokens")!.values
  if (readings === "last") {
    if (runs === undefined)
      throw new MappingError(
        "last",
        "",
        "which readings belong to one run? Name the column that says it, as --run-id run.",
      )
    keepLast(tokens, runs, fates)
  }
  const places = (field: "batch" | "size" | "width" | "seed"): ReadonlyArray<Int32Array> => {
    const evaluated = all.get(field)
    return evaluated === undefined ? [] : [distinctNumbers(evaluated.values, fates.kept).index]
  }
  const fixed = (["batch", "size", "width"] as const).flatMap(places)
  const seeds = places("seed")
  const spelled = distinctNumbers(eta, fates.kept)
  // Horizons first: which rates share a profile depends on them.
  const trunk = runs?.index ?? combine(table.rows, [spelled.index, ...fixed, ...seeds]).index
  const horizons = mergeHorizons(tokens, distinctNumbers(tokens, fates.kept), trunk)
  const reading = [horizons.index, averages.index]
  const profile = combine(table.rows, [...fixed, ...reading]).index
  const rates = mergeRates(eta, spelled, profile)
  const setting = [rates.index, ...fixed, ...seeds]
  const differing = differingColumns(table, mappedColumns(resolved), combine(table.rows, [...setting, ...reading]))
  const repeats = countRepeats(loss.values, { setting, reading, run: runs?.index }, fates)
  notes.push(...horizons.notes, ...rates.notes)
  if (repeats.trunks > 0 && readings === "all")
    notes.push(
      `${repeats.trunks} runs are read at several horizons, which is right for a rate that stays constant after warmup; where it decays, take the last readings alone (--last)`,
    )

  const { rows, origins } = buildRows({ table, all, runs, averages, ending, repeats, fates })
  const diverged = markDiverged(rows, profile, origins)
  /** Guesses that turned out wrong are told as notes. */
  const inUse = (field: Field): boolean =>
    field === "runId" ? runs !== undefined : resolved.texts.has(field as TextField) || all.has(field as NumberField)
  const summary: RunsSummary = {
    source: table.name,
    format: table.format,
    unit: table.unit,
    rows: raw.rows,
    where,
    leftOut: raw.rows - table.rows,
    used: rows.length,
    dropped: table.rows - rows.length - blank,
    blank,
    reasons: fates.count(table).filter(({ reason }) => reason !== noReading),
    runs: repeats.runs,
    repeated: repeats.repeated,
    differing,
    diverged: { rows: diverged.length, examples: examplesOf(table, diverged) },
    merged: [...horizons.merged, ...rates.merged],
    mapping: Object.fromEntries(mappingOf(resolved).filter(([field]) => inUse(field))),
    guesses: resolved.guesses.filter(({ field }) => inUse(field)),
    notes,
  }
  return { rows, origins: kept === undefined ? origins : origins.map((row) => kept[row]), summary }
}
