/** A study on disk: the file that declares it and the folder that holds what it measured. */
import { existsSync } from "node:fs"
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { DataSource } from "@ts/data"
import { Store, Study } from "@ts/sweep"
import { Effect, FileSystem, Layer, Option } from "effect"
import { Argument, Flag } from "effect/cli"
import { type BackendFlags, type BackendOptions, backendLayer } from "./backends.ts"
import { inputError, toCliError } from "./exit.ts"
import { readText } from "./files.ts"

export const studyArgument = Argument.String("study").pipe(
  Argument.withDescription("A study file: .ts or .js with a default export, or .json"),
)

export const folderFlag = Flag.String("out").pipe(
  Flag.withAlias("o"),
  Flag.withDescription("Folder of the study's results; the study's name in the working directory unless given"),
  Flag.optional,
)

export interface StudyOnDisk {
  readonly study: Study
  readonly file: string
  readonly folder: string
  readonly database: string
  readonly report: string
}

/** Where a module went wrong, as node says it in the stack. */
const lineOf = (cause: unknown, file: string): string => {
  const stack = cause instanceof Error ? (cause.stack ?? "") : ""
  const after = stack.split(`${basename(file)}:`)[1]
  const line = after === undefined ? Number.NaN : Number.parseInt(after, 10)
  return Number.isNaN(line) ? "" : ` (line ${line})`
}

const wayOut = (cause: unknown): string =>
  (cause as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND"
    ? "; install it there, or export the study as a plain object, which needs no import"
    : ""

const load = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) {
      return yield* inputError(`there is no file ${file}; give the path of a study (.ts, .js or .json)`)
    }
    if (extname(file) === ".json") {
      const text = yield* readText(file)
      return yield* Effect.try({
        try: (): unknown => JSON.parse(text),
        catch: (cause) => inputError(`${file} is not JSON: ${(cause as Error).message}`),
      })
    }
    const loaded = yield* Effect.tryPromise({
      try: () => import(pathToFileURL(resolve(file)).href) as Promise<{ readonly default?: unknown }>,
      catch: (cause) =>
        // A study that contradicts itself says so while it is made.
        (cause as { _tag?: string })._tag === "StudyError"
          ? toCliError(cause)
          : inputError(`cannot load ${file}${lineOf(cause, file)}: ${(cause as Error).message}${wayOut(cause)}`),
    })
    if (loaded.default === undefined) {
      return yield* inputError(`${file} has no default export; end it with \`export default Study.make({ ... })\``)
    }
    return loaded.default
  })

export const openStudy = Effect.fn("openStudy")(function* (file: string, out: Option.Option<string>) {
  const document = yield* load(file)
  const study = yield* Effect.mapError(Study.decode(document), toCliError)
  const folder = Option.getOrElse(out, () => (study.name === "study" ? basename(file, extname(file)) : study.name))
  const home = isAbsolute(folder) ? folder : resolve(folder)
  return {
    study,
    file: resolve(file),
    folder: home,
    database: join(home, "study.db"),
    report: join(home, "report.html"),
  } satisfies StudyOnDisk
})

/** The study's store as it is; looking at a study that has none yet makes none. */
export const storeLayer = ({ database }: StudyOnDisk) =>
  Layer.suspend(() => (existsSync(database) ? Store.sqlite(database) : Store.memory))

/** Everything a plan is made with. */
export const planLayer = (on: StudyOnDisk, flags: BackendFlags) => Layer.merge(trainingLayer(on, flags), storeLayer(on))

/** Everything a sweep runs on; the study's folder is made when it is not there. */
export const sweepLayer = (on: StudyOnDisk, flags: BackendFlags, options: BackendOptions = {}) =>
  Layer.merge(trainingLayer(on, flags, options), Store.sqlite(on.database))

const trainingLayer = (on: StudyOnDisk, flags: BackendFlags, options: BackendOptions = {}) =>
  backendLayer(flags, options).pipe(Layer.provide(DataSource.layer({ base: dirname(on.file) })))
