/** Text on a page, which has no files: `#text` in a browser. */
import { type Config, Effect } from "effect"
import { dataError } from "./DataError.ts"
import type { DataSourceOptions } from "./DataSource.ts"
import type { TextOpener } from "./TextOpener.ts"

export const textOpener = (_: DataSourceOptions): Effect.Effect<TextOpener, Config.ConfigError> =>
  Effect.succeed(({ source: { kind } }) =>
    Effect.fail(
      dataError(
        "NotFound",
        kind === "files"
          ? "A page has no files by these paths: hand over the text of each, or run this study in Node."
          : `A page cannot read a "${kind}" source: use a "synthetic" one or files, or run this study in Node.`,
      ),
    ),
  )
