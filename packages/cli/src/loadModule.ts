/** Files that declare something: JSON, or a module with a default export. */
import { basename, extname, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { Effect, FileSystem } from "effect"
import { type CliError, inputError, toCliError } from "./exit.ts"
import { readText } from "./files.ts"

/** Where a module went wrong, as node says it in the stack. */
const lineOf = (cause: unknown, file: string): string => {
  const stack = cause instanceof Error ? (cause.stack ?? "") : ""
  const after = stack.split(`${basename(file)}:`)[1]
  const line = after === undefined ? Number.NaN : Number.parseInt(after, 10)
  return Number.isNaN(line) ? "" : ` (line ${line})`
}

const wayOut = (cause: unknown): string =>
  (cause as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND"
    ? "; install it there, or export it as a plain object, which needs no import"
    : ""

/**
 * What a file named on the command line declares: JSON, or a module's default export. `what` and `example` say what it should be.
 */
export const loadModule = (
  file: string,
  what: string,
  example: string,
): Effect.Effect<unknown, CliError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) {
      return yield* inputError(`there is no file ${file}; give the path of ${what} (.ts, .js or .json)`)
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
      return yield* inputError(`${file} has no default export; end it with \`${example}\``)
    }
    return loaded.default
  })
