import { canonicalHash } from "@ts/backend"
import { type Config, Context, Effect, Layer, type Redacted, Semaphore } from "effect"
import { textOpener } from "#text"
import type { Corpus } from "./Corpus.ts"
import { checkData } from "./checkData.ts"
import type { DataError } from "./DataError.ts"
import type { DataSpec, Need } from "./DataSpec.ts"
import { type GivenFiles, isGiven, openGiven } from "./openGiven.ts"
import { openSynthetic } from "./openSynthetic.ts"
import type { OnProgress } from "./prepare.ts"

export interface DataSourceOptions {
  /** Where prepared tokens are kept; `time-transfer` in the user's cache folder unless given. */
  readonly cacheFolder?: string
  /** Where relative paths and the search for packages start; the working directory unless given. */
  readonly base?: string | URL
  /** `HF_ENDPOINT`, else the public hub, unless given. */
  readonly hubUrl?: string
  /** `HF_TOKEN` unless given. */
  readonly token?: Redacted.Redacted<string>
  /** Contents of files by path, in place of what may lie there: text, read as bytes; all of a source or none. On a page there are no others. */
  readonly files?: GivenFiles
}

export interface OpenOptions {
  readonly onProgress?: OnProgress
}

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
        const openText = yield* textOpener(options)
        const { files = {} } = options
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
          if (source.kind === "synthetic") return openSynthetic(source, spec)
          const text = { ...spec, source }
          if (isGiven(text, files)) return yield* openGiven(text, files, need, onProgress)
          return yield* inTurn(spec).withPermit(openText(text, need, onProgress))
        })
        return DataSource.of({ open })
      }),
    )
}
