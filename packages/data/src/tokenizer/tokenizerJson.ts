import { BYTES, END_OF_DOCUMENT, type Merge } from "./trainBpe.ts"

/** The name of the end of a document, as in GPT-2. */
const END_OF_TEXT = "<|endoftext|>"

/** GPT-2's printable character for each byte (`bytes_to_unicode` in its `encoder.py`). */
const byteCharacters = (): ReadonlyArray<string> => {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255)
  let next = 256
  return Array.from({ length: BYTES }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++))
}

/** The merges as a `tokenizer.json` of the Hugging Face libraries. */
export const toTokenizerJson = (merges: ReadonlyArray<Merge>): string => {
  const names = [...byteCharacters(), END_OF_TEXT]
  const pairs = merges.map(({ left, right, result }) => {
    names[result] = names[left]! + names[right]!
    return [names[left]!, names[right]!]
  })
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: END_OF_DOCUMENT,
        content: END_OF_TEXT,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(names.map((name, id) => [name, id])),
      merges: pairs,
    },
  })
}

/** The merges in a `tokenizer.json` written by `toTokenizerJson`. */
export const mergesFromJson = (json: string): ReadonlyArray<Merge> => {
  const { vocab, merges } = JSON.parse(json).model as { vocab: Record<string, number>; merges: Array<[string, string]> }
  return merges.map(([left, right]) => ({ left: vocab[left]!, right: vocab[right]!, result: vocab[left + right]! }))
}
