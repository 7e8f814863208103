/** Text on a machine with files: `#text` in Node. */
import { homedir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Config, Effect, Option, Redacted } from "effect"
import type { DataSourceOptions } from "./DataSource.ts"
import { openText } from "./openText.ts"
import type { TextOpener } from "./TextOpener.ts"

const HUB_URL = "https://huggingface.co"

const orElse = <A>(given: A | undefined, config: Config.Config<A>): Config.Config<A> =>
  given === undefined ? config : Config.succeed(given)

const nonEmpty = (name: string) =>
  Config.String(name).pipe(Config.option, Config.map(Option.filter((text) => text !== "")))

const defaultCacheFolder = nonEmpty("XDG_CACHE_HOME").pipe(
  Config.map(Option.getOrElse(() => join(homedir(), ".cache"))),
  Config.map((folder) => join(folder, "time-transfer")),
)

const defaultHubUrl = nonEmpty("HF_ENDPOINT").pipe(Config.map(Option.getOrElse(() => HUB_URL)))

const defaultToken = Config.Redacted("HF_TOKEN").pipe(
  Config.option,
  Config.map(Option.filter((token) => Redacted.value(token) !== "")),
)

/** From the options, else the environment, where things lie; then opens text there. */
export const textOpener = Effect.fnUntraced(function* (
  options: DataSourceOptions,
): Effect.fn.Return<TextOpener, Config.ConfigError> {
  const cacheFolder = yield* orElse(options.cacheFolder, defaultCacheFolder)
  const url = yield* orElse(options.hubUrl, defaultHubUrl)
  const token = options.token === undefined ? yield* defaultToken : Option.some(options.token)
  const base = options.base instanceof URL ? fileURLToPath(options.base) : (options.base ?? process.cwd())
  const place = { cacheFolder, base, hub: { url, token } }
  return (spec, need, onProgress) => openText(spec, need, place, onProgress)
})
