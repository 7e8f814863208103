import type { Effect } from "effect"
import type { Corpus } from "./Corpus.ts"
import type { DataError } from "./DataError.ts"
import type { DataSpec, Need, Source, SyntheticSource } from "./DataSpec.ts"
import type { OnProgress } from "./prepare.ts"

export type TextSource = Exclude<Source, SyntheticSource>
export type TextSpec = DataSpec & { readonly source: TextSource }

/** Prepares and opens text: what `#text` gives, in Node from files, packages and the hub. */
export type TextOpener = (spec: TextSpec, need: Need, onProgress: OnProgress) => Effect.Effect<Corpus, DataError>
