import { pathOf, type TextRef } from "../texts/TextRef.ts"
import { batchesFor, horizonsTo, longestDial, rateFor, validationFor } from "./longest.ts"
import type { Preset } from "./Preset.ts"

const [SHORTEST, LONGEST, USUAL] = [14, 20, 18]

/** Bytes that the longest run and what it is validated on take of a text; validation takes whole paragraphs. */
const bytesFor = (longest: number): number => 2 ** longest + validationFor(longest) + 4000

/** Bytes that a text must have. */
export const FEWEST_BYTES = Math.ceil(bytesFor(SHORTEST) / 1000) * 1000

/** The longest run that a text has room for: no part of it is read twice. */
const longestOf = ({ bytes }: TextRef): number => {
  let longest = LONGEST
  while (longest > SHORTEST && bytesFor(longest) > bytes) longest--
  return longest
}

export const ownText: Preset = {
  id: "own-text",
  title: "A text of your own",
  summary:
    "A decoder of width 32 under muP learns your text byte by byte with AdamW: 25 runs, on the graphics card of this machine. The text stays in this browser.",
  source: "trained in this tab",
  dials: (text) => [longestDial(SHORTEST, text === undefined ? LONGEST : longestOf(text), USUAL)],
  quick: false,
  ownText: true,
  study: ({ longest }, text) => ({
    name: "playground-own-text",
    model: {
      d_model: 32,
      n_layers: 2,
      n_heads: 2,
      max_seq_len: 32,
      positions: "alibi",
      tie_word_embeddings: false,
      zero_readout: true,
      emb_init_std: 1,
    },
    parametrisation: { kind: "mup", baseWidth: 32 },
    optimizer: { kind: "adamw", betas: [0.9, 0.95], decay: "independent" },
    schedule: { kind: "constant_with_warmup", warmup: 2 ** (longest! - 8) },
    data: {
      paths: [pathOf(text!)],
      format: "lines",
      tokenizer: "bytes",
      validation: { tokens: validationFor(longest!), seed: 1 },
    },
    precision: "f32",
    logEvery: 2 ** (longest! - 6),
    batch: batchesFor(longest!, 13, 5),
    horizon: horizonsTo(longest!),
    eta: {
      octaves: {
        center: { power: { of: "batch", coefficient: rateFor(longest!, 2 ** -11.5, USUAL), exponent: 0.5 } },
        from: -2,
        to: 2,
        step: 1,
      },
    },
  }),
}
