/** Somebody's runs as a table: CSV with a header line, or JSON lines. */
import { rowsFromTable, type Table, type TableMapping, type TableRows } from "@ts/fit"
import { parse } from "csv-parse/sync"
import { Effect, type FileSystem, Option } from "effect"
import { Flag } from "effect/cli"
import { type CliError, inputError, toCliError } from "./exit.ts"
import { readText } from "./files.ts"
import type { FlagValues } from "./flagValues.ts"

const optional = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

/** How the table's columns map to rows. A product such as "bs * 2048" turns sequences into tokens. */
export const mappingFlags = {
  eta: Flag.String("eta").pipe(
    Flag.withDescription('Column of the peak learning rate; "eta" unless given'),
    Flag.withDefault("eta"),
  ),
  batch: Flag.String("batch").pipe(
    Flag.withDescription('Column of the batch size in tokens, or a product such as "bs * 2048"; "batch" unless given'),
    Flag.withDefault("batch"),
  ),
  tokens: Flag.String("tokens").pipe(
    Flag.withDescription('Column of the horizon in tokens; "tokens" unless given'),
    Flag.withDefault("tokens"),
  ),
  loss: Flag.String("loss").pipe(
    Flag.withDescription('Column of the loss in nats; "loss" unless given'),
    Flag.withDefault("loss"),
  ),
  size: optional("size", "Column of the number of parameters"),
  width: optional("width", "Column of the model width"),
  seed: optional("seed", "Column of the seed"),
  steps: optional("steps", "Column of the optimiser steps"),
  warmupSteps: optional("warmup-steps", "Column of the steps inside the warmup"),
  runId: optional("run-id", "Column that names a run read at several horizons"),
  status: optional("status", "Column that says finished, diverged or pruned"),
}

export type MappingFlags = FlagValues<typeof mappingFlags>

const mappingOf = (flags: MappingFlags, source: string): TableMapping => {
  const { eta, batch, tokens, loss, ...rest } = flags
  const given = Object.entries(rest).flatMap(([key, value]) => (Option.isSome(value) ? [[key, value.value]] : []))
  return { eta, batch, tokens, loss, source, ...Object.fromEntries(given) }
}

const columnsOf = (records: ReadonlyArray<Record<string, unknown>>): Table => {
  const names = new Set(records.flatMap((record) => Object.keys(record)))
  return Object.fromEntries(
    [...names].map((name) => [name, records.map((record) => record[name] as string | undefined)]),
  )
}

const parseTable = (text: string, file: string): Table => {
  if (text.includes("\0")) throw inputError(`${file} is not text; give a CSV file with a header line`)
  if (hasHeader(file)) {
    const records = parse(text, {
      columns: true,
      skip_empty_lines: true,
      bom: true,
      trim: true,
      relax_column_count: true,
    })
    if (records.length === 0) throw inputError(`${file} holds no rows below its header line`)
    return columnsOf(records as Array<Record<string, unknown>>)
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "")
  return columnsOf(
    lines.map((line, i) => {
      try {
        return JSON.parse(line) as Record<string, unknown>
      } catch {
        throw inputError(`${file}, line ${i + 1}, is not JSON; mend or delete the line`)
      }
    }),
  )
}

/** JSON lines have none. */
export const hasHeader = (source: string): boolean => !/\.(jsonl|ndjson)$/.test(source)

export const isTable = (source: string): boolean => /\.(csv|tsv|jsonl|ndjson)$/.test(source)

/** Reads and maps a table. */
export const readTable = Effect.fn("readTable")(function* (
  file: string,
  flags: MappingFlags,
): Effect.fn.Return<TableRows, CliError, FileSystem.FileSystem> {
  const text = yield* readText(file)
  return yield* Effect.try({
    try: () => rowsFromTable(parseTable(text, file), mappingOf(flags, file)),
    catch: (error) =>
      error instanceof Error && "code" in error && String(error.code).startsWith("CSV_")
        ? inputError(`${file} is not a CSV file: ${error.message}`)
        : toCliError(error),
  })
})

/** For sources that are no tables. */
export const noMapping: MappingFlags = {
  eta: "eta",
  batch: "batch",
  tokens: "tokens",
  loss: "loss",
  size: Option.none(),
  width: Option.none(),
  seed: Option.none(),
  steps: Option.none(),
  warmupSteps: Option.none(),
  runId: Option.none(),
  status: Option.none(),
}
