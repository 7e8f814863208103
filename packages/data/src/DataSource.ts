import { homedir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { canonicalHash } from "@ts/backend"
import { Config, Context, Effect, Layer, Option, Redacted, Semaphore } from "effect"
import type { Corpus } from "./Corpus.ts"
import { checkData } from "./checkData.ts"
import type { DataError } from "./DataError.ts"
import type { DataSpec, Need } from "./DataSpec.ts"
import { openSynthetic } from "./openSynthetic.ts"
import { openText } from "./openText.ts"
import type { OnProgress } from "./prepare.ts"

const HUB_URL = "https://huggingface.co"

export interface DataSourceOptions {
  /** Where prepared tokens are kept; `time-transfer` in the user's cache folder unless given. */
  readonly cacheFolder?: string
  /** Where relative paths and the search for packages start; the working directory unless given. */
  readonly base?: string | URL
  /** `HF_ENDPOINT`, else the public hub, unless given. */
  readonly hubUrl?: string
  /** `HF_TOKEN` unless given. */
  readonly token?: Redacted.Redacted<string>
}

export interface OpenOptions {
  readonly onProgress?: OnProgress
}

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

/** Turns a data description into tokens. */
export class DataSource extends Context.Service<
  DataSource,
  {
    /**
     * Prepares what `need.tokens` asks for, or finds it in the cache, and opens it. Fails before any training: with
     * `CorpusTooShort` where the corpus ends before the horizon and the spec does not say `repeat`.
     */
    readonly open: (spec: DataSpec, need: Need, options?: OpenOptions) => Effect.Effect<Corpus, DataError>
  }
>()("@ts/data/DataSource") {
  static readonly layer = (options: DataSourceOptions = {}): Layer.Layer<DataSource, Config.ConfigError> =>
    Layer.effect(
      DataSource,
      Effect.gen(function* () {
        const cacheFolder = yield* orElse(options.cacheFolder, defaultCacheFolder)
        const url = yield* orElse(options.hubUrl, defaultHubUrl)
        const token = options.token === undefined ? yield* defaultToken : Option.some(options.token)
        const base = options.base instanceof URL ? fileURLToPath(options.base) : (options.base ?? process.cwd())
        const place = { cacheFolder, base, hub: { url, token } }
        // Runs of a study start together and ask for the same corpus: the first prepares it, the others find it.
        const turns = new Map<string, Semaphore.Semaphore>()
        const inTurn = (spec: DataSpec): Semaphore.Semaphore => {
          const { repeat: _, ...prepared } = spec
          const key = canonicalHash(prepared)
          const known = turns.get(key) ?? Semaphore.makeUnsafe(1)
          turns.set(key, known)
          return known
        }
        const open = Effect.fn("DataSource.open")(function* (
          spec: DataSpec,
          need: Need,
          { onProgress = () => {} }: OpenOptions = {},
        ): Effect.fn.Return<Corpus, DataError> {
          yield* checkData(spec, need)
          const { source } = spec
          return source.kind === "synthetic"
            ? openSynthetic(source, spec)
            : yield* inTurn(spec).withPermit(openText({ ...spec, source }, need, place, onProgress))
        })
        return DataSource.of({ open })
      }),
    )
}
