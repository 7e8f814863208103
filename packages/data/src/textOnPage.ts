/** Text on a page, which has no files: `#text` in a browser. */
import { type Config, Effect } from "effect"
import { dataError } from "./DataError.ts"
import type { DataSourceOptions } from "./DataSource.ts"
import type { TextOpener } from "./TextOpener.ts"

export const textOpener = (_: DataSourceOptions): Effect.Effect<TextOpener, Config.ConfigError> =>
  Effect.succeed(({ source: { kind } }) =>
    Effect.fail(
      dataError("NotFound", `A page cannot read a "${kind}" source: use a "synthetic" one, or run this study in Node.`),
    ),
  )
