import { dataError } from "../DataError.ts"
import { sha256 } from "../sha256.ts"
import { padVocabulary, type TextTokenizer } from "./TextTokenizer.ts"

/** The model repository whose `tokenizer.json` this reads. */
export const GPT_NEOX_REPO = "EleutherAI/gpt-neox-20b"

const parse = (json: string): object => {
  try {
    return JSON.parse(json)
  } catch {
    throw dataError("Unreadable", `The tokenizer.json of ${GPT_NEOX_REPO} is damaged: delete it from the cache.`)
  }
}

/** GPT-NeoX's tokenizer (50277 tokens, padded to 50288) from its `tokenizer.json`. */
export const gptNeoxTokenizer = async (json: string): Promise<TextTokenizer> => {
  const { Tokenizer } = await import("@huggingface/tokenizers")
  const tokenizer = new Tokenizer(parse(json), {})
  const endOfDocument = tokenizer.token_to_id("<|endoftext|>")
  if (endOfDocument === undefined)
    throw dataError(
      "Unreadable",
      `The tokenizer.json of ${GPT_NEOX_REPO} has no <|endoftext|>: delete it from the cache.`,
    )
  let largest = 0
  for (const id of tokenizer.get_vocab(true).values()) largest = Math.max(largest, id)
  return {
    hash: sha256("gpt-neox/1/", json),
    vocabulary: padVocabulary(largest + 1),
    endOfDocument,
    encode: (text, into) => into.append(tokenizer.encode(text, { add_special_tokens: false }).ids),
  }
}
