import type { PublishedAdvice } from "@ts/fit"

/** What each law gives, in a few words: for a terminal. The page has its definition. */
const meanings: Readonly<Record<string, string>> = {
  "time-transfer-batch": "lowest loss at T, constant rate",
  "time-transfer-peak": "the measured peak, moved to T",
  "time-transfer-rate": "the measured peak, moved to T",
  "step-law": "lowest loss at N and T, decayed rate",
  "overhead-batch-of-data": "20 % more data, along T = 20 N",
  "overhead-batch-of-size": "20 % more data, along T = 20 N",
  "power-law-rate": "best stable rate at T and B",
  "power-scheduler": "rate of its schedule after T",
  "power-lines-batch": "lowest loss at T, rate decayed to 0",
  "power-lines-decay": "best AdamW timescale",
  "power-lines-decay-from-reference": "best AdamW timescale, from the reference",
  "constant-timescale": "timescale of the reference",
  nanochat: "a public recipe, from the reference",
  "square-root-rule": "the reference at this batch, for Adam",
  "linear-rule": "the reference at this batch, for SGD",
  "saturating-rate": "best single step of SGD",
  surge: "best single step of Adam, by the peak",
  "batch-size-warmup": "how to go on from a checkpoint",
  "mup-width": "the reference at this width",
}

/** "lowest loss at T, constant rate (Filatov 2024)". */
export const meaningOf = ({ law }: PublishedAdvice): string => {
  const [first] = law.citation.authors.split(/[ ,]/)
  return `${meanings[law.id] ?? law.definition} (${first} ${law.citation.year})`
}
