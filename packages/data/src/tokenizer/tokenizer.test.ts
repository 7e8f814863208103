import { Tokenizer } from "@huggingface/tokenizers"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { TokenBuffer } from "../TokenBuffer.ts"
import { learnBpe, readBpe } from "./bpe.ts"
import { bytesTokenizer } from "./bytes.ts"
import { gpt2Tokenizer } from "./gpt2.ts"
import { gptNeoxTokenizer } from "./gptNeox.ts"
import type { TextTokenizer } from "./TextTokenizer.ts"
import { trainBpe } from "./trainBpe.ts"
import { forEachWord, GPT2_PATTERN } from "./words.ts"

const TEXTS = [
  "The quick brown fox jumps over the lazy dog, and the dog doesn't mind.",
  "  leading blanks, trailing blanks  \n\n\ttabs\t and 123 numbers 4567.",
  "naïve café — “quotes”, 東京 and 🙂🙂 emoji; we'll they're I've I'd I'm it's can't",
  "the theme then thesis theory there these them they ".repeat(20),
]

const encode = (tokenizer: TextTokenizer, text: string): Array<number> => {
  const buffer = new TokenBuffer(tokenizer.vocabulary)
  tokenizer.encode(text, buffer)
  return Array.from(buffer.take())
}

const words = (text: string): Array<string> => {
  const found: Array<string> = []
  forEachWord(text, (word) => found.push(word))
  return found
}

/** Text made of the pieces that the pattern treats in special ways. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom("'", "s", "re", "ll", " ", "\n", "\u00a0", "é", "7", "½", "!", "🙂", "𝒳", "\u3000"),
      fc.string({ unit: "grapheme" }),
    ),
  )
  .map((pieces) => pieces.join(""))

describe("forEachWord", () => {
  it("splits as GPT-2's pattern does", () => {
    fc.assert(
      fc.property(text, (sample) => {
        expect(words(sample)).toEqual(sample.match(GPT2_PATTERN) ?? [])
      }),
      { numRuns: 2000 },
    )
  })
})

describe("trainBpe", () => {
  it("takes the most frequent pair first, and the smaller ids on a tie", () => {
    // Sennrich et al. 2016, figure 1, with counts: e+s (9), es+t (9), l+o (7), lo+w (7), ...
    const corpus = [
      ..."low ".repeat(5).trim().split(" "),
      "lower",
      "lower",
      ...Array(6).fill("newest"),
      ...Array(3).fill("widest"),
    ]
    const spell = (id: number, merges: ReturnType<typeof trainBpe>): string => {
      const merge = merges.find(({ result }) => result === id)
      return merge === undefined ? String.fromCharCode(id) : spell(merge.left, merges) + spell(merge.right, merges)
    }
    const merges = trainBpe(corpus, 257 + 4)
    expect(merges.map(({ result }) => spell(result, merges))).toEqual(["es", "est", "lo", "low"])
  })

  it("stops where no pair occurs twice", () => {
    expect(trainBpe(["abc"], 512)).toEqual([])
  })

  it("never spends two ids on one spelling", () => {
    const json = JSON.parse(learnBpe(TEXTS, 400).json!)
    expect(new Set(Object.keys(json.model.vocab)).size).toBe(new Set(Object.values(json.model.vocab)).size)
  })
})

describe("learnBpe", () => {
  const tokenizer = learnBpe([...TEXTS, ...TEXTS], 320)
  const peer = new Tokenizer(JSON.parse(tokenizer.json!), {})

  it("gives the ids that @huggingface/tokenizers gives from our tokenizer.json, and round-trips", () => {
    for (const sample of TEXTS) {
      const ids = encode(tokenizer, sample)
      expect(ids).toEqual(peer.encode(sample, { add_special_tokens: false }).ids)
      expect(peer.decode(ids, { clean_up_tokenization_spaces: false })).toBe(sample)
    }
    // Text that happens to hold the name of a special token is the peer's own affair.
    fc.assert(
      fc.property(text, (sample) => {
        expect(encode(tokenizer, sample)).toEqual(peer.encode(sample, { add_special_tokens: false }).ids)
      }),
    )
  })

  it("has exactly the vocabulary asked for, with bytes first", () => {
    expect(tokenizer.vocabulary).toBe(320)
    expect(Math.max(...(Object.values(JSON.parse(tokenizer.json!).model.vocab) as Array<number>))).toBe(319)
    expect(encode(tokenizer, "~")).toEqual([126])
    expect(peer.token_to_id("<|endoftext|>")).toBe(tokenizer.endOfDocument)
  })

  it("is the same when read back, and when learned again", () => {
    const again = readBpe(tokenizer.json!, 320)
    expect(again.hash).toBe(tokenizer.hash)
    expect(learnBpe([...TEXTS, ...TEXTS], 320).hash).toBe(tokenizer.hash)
    for (const sample of TEXTS) expect(encode(again, sample)).toEqual(encode(tokenizer, sample))
  })
})

describe("bytesTokenizer", () => {
  it("gives the UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (sample) => {
        expect(encode(bytesTokenizer(), sample)).toEqual(Array.from(Buffer.from(sample)))
      }),
    )
    expect(bytesTokenizer()).toMatchObject({ vocabulary: 272, endOfDocument: 256 })
  })
})

describe("ready-made tokenizers", () => {
  it("gpt2 gives the published ids", async () => {
    const tokenizer = await gpt2Tokenizer()
    expect(encode(tokenizer, "Hello world")).toEqual([15496, 995])
    expect(tokenizer).toMatchObject({ vocabulary: 50272, endOfDocument: 50256 })
    tokenizer.release?.()
  })

  it("gpt-neox reads any tokenizer.json that names <|endoftext|>", async () => {
    const own = learnBpe([...TEXTS, ...TEXTS], 320)
    const tokenizer = await gptNeoxTokenizer(own.json!)
    expect(encode(tokenizer, TEXTS[0]!)).toEqual(encode(own, TEXTS[0]!))
    expect(tokenizer).toMatchObject({ vocabulary: 320, endOfDocument: 256 })
    await expect(gptNeoxTokenizer("{")).rejects.toThrow("is damaged: delete it from the cache")
    await expect(gptNeoxTokenizer(own.json!.replaceAll("<|endoftext|>", "<|x|>"))).rejects.toThrow(
      "has no <|endoftext|>",
    )
  })
})
