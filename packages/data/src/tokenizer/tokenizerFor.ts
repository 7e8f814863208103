import { dataError } from "../DataError.ts"
import type { Preparation } from "../prepare.ts"
import { sampleTexts } from "../validation.ts"
import { bpeHash, learnBpe, readBpe } from "./bpe.ts"
import { bytesTokenizer } from "./bytes.ts"
import { gpt2Tokenizer } from "./gpt2.ts"
import { gptNeoxTokenizer } from "./gptNeox.ts"
import type { TextTokenizer } from "./TextTokenizer.ts"

/**
 * The tokenizer that the spec names: as it was learned before, where the cache has it.
 *
 * @param gptNeoxJson the `tokenizer.json` of GPT-NeoX
 */
export const tokenizerFor = async (
  { spec, order, found, onProgress }: Pick<Preparation, "spec" | "order" | "found" | "onProgress">,
  gptNeoxJson: () => Promise<string>,
): Promise<TextTokenizer> => {
  switch (spec.tokenizer.kind) {
    case "bpe": {
      const { vocabulary } = spec.tokenizer
      const json = found?.tokenizerJson
      if (json !== undefined && bpeHash(json, vocabulary) === found?.manifest.tokenizer.hash)
        return readBpe(json, vocabulary)
      onProgress(`learning a byte-level BPE of ${vocabulary} tokens`)
      return learnBpe(await sampleTexts(order, spec.validation.seed), vocabulary)
    }
    case "gpt2":
      return gpt2Tokenizer()
    case "gpt-neox":
      return gptNeoxTokenizer(await gptNeoxJson())
    case "bytes":
      return bytesTokenizer()
    case "none":
      throw dataError("InvalidSpec", `tokenizer.kind is "none", which only a synthetic source can have.`)
  }
}
