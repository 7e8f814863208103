/** Text on a page, which has no files: `#text` in a browser. */
import { type Config, Effect } from "effect"
import { dataError, quoted } from "./DataError.ts"
import type { DataSourceOptions } from "./DataSource.ts"
import type { TextOpener } from "./TextOpener.ts"

export const textOpener = (_: DataSourceOptions): Effect.Effect<TextOpener, Config.ConfigError> =>
  Effect.succeed(({ source }) =>
    Effect.fail(
      dataError(
        "NotFound",
        source.kind === "files"
          ? `A page has no files, and ${quoted(source.paths)} ${source.paths.length === 1 ? "was" : "were"} not handed over: hand over the text, or run this study in Node.`
          : `A page cannot read a "${source.kind}" source: use a "synthetic" one or files, or run this study in Node.`,
      ),
    ),
  )
