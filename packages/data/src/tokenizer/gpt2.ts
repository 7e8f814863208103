import { sha256 } from "../sha256.ts"
import { padVocabulary, type TextTokenizer } from "./TextTokenizer.ts"

/** GPT-2's tokenizer (50257 tokens, padded to 50272), from the vocabulary inside the `tiktoken` package. */
export const gpt2Tokenizer = async (): Promise<TextTokenizer> => {
  const { get_encoding } = await import("tiktoken")
  const encoding = get_encoding("gpt2")
  return {
    hash: sha256("gpt2/50257"),
    vocabulary: padVocabulary(50257),
    endOfDocument: 50256,
    encode: (text, into) => into.append(encoding.encode_ordinary(text)),
    release: () => encoding.free(),
  }
}
