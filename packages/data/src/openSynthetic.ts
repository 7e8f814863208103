import { canonicalHash } from "@ts/backend"
import type { Corpus } from "./Corpus.ts"
import type { DataSpec, SyntheticSource } from "./DataSpec.ts"
import { sha256 } from "./sha256.ts"
import { syntheticReader } from "./synthetic.ts"
import { bytesOf } from "./TokenBuffer.ts"
import { padVocabulary } from "./tokenizer/TextTokenizer.ts"

/** A synthetic source as a corpus: nothing to prepare, no end. Training and validation draw from streams of their own. */
export const openSynthetic = (source: SyntheticSource, { seed, validation }: DataSpec): Corpus => {
  const tokens = syntheticReader(source, validation.seed, "validation")(0, validation.tokens + 1)
  return {
    identity: canonicalHash({ synthetic: 1, source, seed, validation }),
    source,
    shards: [],
    trainTokens: Number.POSITIVE_INFINITY,
    complete: true,
    vocabulary: padVocabulary(source.vocabulary),
    endOfDocument: undefined,
    read: syntheticReader(source, seed, "training"),
    validation: tokens,
    evaluationId: sha256("none/", String(source.vocabulary), bytesOf(tokens)),
  }
}
