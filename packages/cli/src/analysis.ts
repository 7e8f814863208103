/** From a study or somebody's table to a law. */
import { extname, resolve } from "node:path"
import { type Conditions, type FitOptions, fitLaw, type Law, type Row } from "@ts/fit"
import { describe, type RunsSummary } from "@ts/runs"
import { Store, Study } from "@ts/sweep"
import { Effect, FileSystem, Option } from "effect"
import { Flag } from "effect/cli"
import { conditionsOf } from "./conditions.ts"
import { inputError, toCliError } from "./exit.ts"
import type { FlagValues } from "./flagValues.ts"
import { openStudy, storeLayer } from "./studyFile.ts"
import { isJsonTable, isTable, type MappingFlags, readTable } from "./table.ts"

const number = (name: string, description: string) =>
  Flag.Finite(name).pipe(Flag.withDescription(description), Flag.optional)

export const fitFlags = {
  noise: number("noise", "Standard deviation of one loss reading, nats; from repeats or residuals unless given"),
  level: number("level", "Coverage of intervals; 0.9 unless given"),
  overhead: number("overhead", "Share of extra data that makes a batch critical; 0.2 unless given"),
  modelWidth: Flag.Int("model-width").pipe(
    Flag.withDescription("Width the law is about; the one with most cells unless given"),
    Flag.optional,
  ),
  modelSize: Flag.Int("model-size").pipe(
    Flag.withDescription("Number of parameters the law is about; the one with most cells unless given"),
    Flag.optional,
  ),
  sizes: Flag.Boolean("sizes").pipe(
    Flag.withDescription(
      "Fit all model sizes together, with powers of the size, or --no-sizes; together from three sizes on unless given",
    ),
    Flag.optional,
  ),
  average: Flag.String("average").pipe(
    Flag.withDescription('Which weights: "none" for the raw ones, or as "ewa:0.99", "decayed:0.2:linear"'),
    Flag.optional,
  ),
  bootstrapSeed: Flag.Int("bootstrap-seed").pipe(Flag.withDescription("Seed of the resampling"), Flag.withDefault(0)),
}
export type FitFlags = FlagValues<typeof fitFlags>

export const fitOptions = (flags: FitFlags, conditions: Conditions): FitOptions => ({
  ...Object.fromEntries(
    Object.entries({
      noise: flags.noise,
      level: flags.level,
      overhead: flags.overhead,
      width: flags.modelWidth,
      size: flags.modelSize,
      sizes: flags.sizes,
      average: flags.average,
    }).flatMap(([key, value]: [string, Option.Option<unknown>]) => (Option.isSome(value) ? [[key, value.value]] : [])),
  ),
  seed: flags.bootstrapSeed,
  conditions,
})

export interface Source {
  readonly title: string
  /** Somebody's table rather than a study. */
  readonly table: boolean
  readonly rows: ReadonlyArray<Row>
  readonly conditions: Conditions
  /** Folder where a report belongs. */
  readonly folder: string
  /** What was read and what was left out, for stderr. */
  readonly talk: ReadonlyArray<string>
  /** The same as data, of a table. */
  readonly runs?: RunsSummary
}

/** A file of JSON is a table where it holds a list. */
const holdsRuns = Effect.fn("holdsRuns")(function* (path: string) {
  if (extname(path) !== ".json") return isTable(path)
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.orElseSucceed(Effect.map(fs.readFileString(path), isJsonTable), () => false)
})

/** Rows of a study's store, or of somebody's table. */
export const openSource = Effect.fn("openSource")(function* (
  path: string,
  out: Option.Option<string>,
  mapping: MappingFlags,
) {
  if (yield* holdsRuns(path)) {
    const { rows, summary } = yield* readTable(path, mapping)
    return {
      title: path,
      table: true,
      rows,
      conditions: {},
      folder: resolve("."),
      talk: describe(summary),
      runs: summary,
    } satisfies Source
  }
  const on = yield* openStudy(path, out)
  const fs = yield* FileSystem.FileSystem
  if (!(yield* Effect.orElseSucceed(fs.exists(on.database), () => false))) {
    return yield* inputError(
      `nothing is measured yet in ${on.folder}; run \`time-transfer run ${path}\` first, or give --out`,
    )
  }
  const { rows, runs } = yield* Effect.gen(function* () {
    return { rows: yield* Store.rows(on.study), runs: (yield* Study.expand(on.study)).runs }
  }).pipe(Effect.provide(storeLayer(on)))
  return {
    title: on.study.name,
    table: false,
    rows,
    conditions: conditionsOf(runs),
    folder: on.folder,
    talk: [],
  } satisfies Source
})

export const lawOf = (source: Source, flags: FitFlags): Effect.Effect<Law, ReturnType<typeof toCliError>> =>
  source.rows.length === 0
    ? Effect.fail(
        inputError(
          source.table
            ? `${source.title} holds no row that can be used; mend what is said above`
            : `${source.title} holds no readings yet; run the study first`,
        ),
      )
    : Effect.try({ try: () => fitLaw(source.rows, fitOptions(flags, source.conditions)), catch: toCliError })
