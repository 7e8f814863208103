/** Somebody's runs as a table: which file is one, and how its columns map to rows. */
import { extname } from "node:path"
import { parseRuns, type ReadRuns, rowsFromTable, type TableMapping } from "@ts/runs"
import { Effect, type FileSystem, Option } from "effect"
import { Flag } from "effect/cli"
import { type CliError, toCliError } from "./exit.ts"
import { readBytes } from "./files.ts"
import type { FlagValues } from "./flagValues.ts"

const column = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

/** How the table's columns map to rows. A product such as "bs * 2048" turns sequences into tokens. */
export const mappingFlags = {
  eta: column(
    "eta",
    "Column of the peak learning rate; this and what follows is guessed from usual names unless given",
  ),
  batch: column("batch", 'Column of the batch size in tokens, or a product such as "bs * 2048"'),
  seqLen: column("seq-len", "Tokens in a sequence, number or column, where the batch counts sequences"),
  tokens: column("tokens", 'Column of the horizon in tokens, or "steps * batch"'),
  loss: column("loss", "Column of the loss in nats"),
  size: column("size", "Column of the number of parameters"),
  width: column("width", "Column of the model width"),
  seed: column("seed", "Column of the seed"),
  steps: column("steps", "Column of the optimiser steps"),
  warmupSteps: column("warmup-steps", "Column of the steps inside the warmup"),
  runId: column("run-id", "Column that names a run read at several horizons"),
  status: column("status", "Column that says how a run ended: finished, diverged, pruned, crashed, …"),
  names: column("names", 'Pattern of the runs\' names, as "lr{eta}-bs{batch}": numbers in them become columns'),
  where: Flag.String("where").pipe(
    Flag.withDescription('Take only these rows, as "topk = 2", "N < 1e9" or "arch in dense, moe"; may be given again'),
    Flag.atLeast(0),
  ),
  last: Flag.Boolean("last").pipe(
    Flag.withDescription("Take the last reading of each run alone, as where the learning rate decays to the run's end"),
    Flag.withDefault(false),
  ),
}

export type MappingFlags = FlagValues<typeof mappingFlags>

const mappingOf = ({ last: _, where: __, ...columns }: MappingFlags): TableMapping =>
  Object.fromEntries(
    Object.entries(columns).flatMap(([key, value]) => (Option.isSome(value) ? [[key, value.value]] : [])),
  )

const studies = new Set([".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"])

/**
 * What a source is, without reading it where its ending says so: programs are studies, JSON may be a study, a law or a list of runs, anything
 * else holds runs.
 */
export const isTable = (source: string): boolean => !studies.has(extname(source)) && extname(source) !== ".json"

/** Whether JSON text is a list of runs, or one run a line; a study and a law are one object. */
export const isJsonTable = (text: string): boolean => {
  if (/^\s*\[/.test(text)) return true
  const [first, second] = text.split("\n", 3).filter((line) => line.trim() !== "")
  return second !== undefined && [first, second].every((line) => /^\s*\{.*\}\s*$/.test(line))
}

/** Reads and maps a table. */
export const readTable = Effect.fn("readTable")(function* (
  file: string,
  flags: MappingFlags,
): Effect.fn.Return<ReadRuns, CliError, FileSystem.FileSystem> {
  const bytes = yield* readBytes(file)
  const table = yield* Effect.tryPromise({ try: () => parseRuns({ name: file, bytes }), catch: toCliError })
  return yield* Effect.try({
    try: () => rowsFromTable(table, mappingOf(flags), { readings: flags.last ? "last" : "all", where: flags.where }),
    catch: toCliError,
  })
})

/** For sources that are no tables. */
export const noMapping: MappingFlags = {
  eta: Option.none(),
  batch: Option.none(),
  seqLen: Option.none(),
  tokens: Option.none(),
  loss: Option.none(),
  size: Option.none(),
  width: Option.none(),
  seed: Option.none(),
  steps: Option.none(),
  warmupSteps: Option.none(),
  runId: Option.none(),
  status: Option.none(),
  names: Option.none(),
  where: [],
  last: false,
}
