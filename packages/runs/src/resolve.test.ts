import { describe, expect, it } from "vitest"
import type { TableMapping } from "./mapping.ts"
import { rowsFromTable } from "./rows.ts"
import { tableOf } from "./table.ts"

const read = (columns: Readonly<Record<string, ReadonlyArray<number | string>>>, mapping: TableMapping = {}) =>
  rowsFromTable(tableOf(columns), mapping)
const base = { lr: [0.001, 0.002], loss: [2.5, 2.4] }

describe("a mapping that is not complete", () => {
  it("is completed from names, and the guesses are told", () => {
    const { rows, summary } = read({ ...base, batch_tokens: [64, 64], D: [1e6, 1e6] })
    expect(rows[0]).toMatchObject({ eta: 0.001, batch: 64, tokens: 1e6, loss: 2.5 })
    expect(summary.guesses.map(({ field }) => field)).toEqual(["eta", "loss", "batch", "tokens"])
    expect(summary.mapping).toEqual({ eta: "lr", batch: "batch_tokens", tokens: "D", loss: "loss" })
  })

  it("is refused where a batch may count sequences or tokens, with both ways out", () => {
    const table = { ...base, bs: [64, 64], D: [1e6, 1e6] }
    expect(() => read(table)).toThrow(
      '--batch: "bs" counts sequences or tokens, which its name does not say: give --seq-len 2048 if it is in sequences of that many tokens, or --batch "bs" if it is in tokens.',
    )
    expect(() => read({ ...table, context_length: [512, 512] })).toThrow('give --seq-len "context_length"')
    expect(read(table, { seqLen: "512" }).rows[0].batch).toBe(64 * 512)
    expect(read({ ...table, ctx: [512, 256] }, { seqLen: "ctx" }).rows[1].batch).toBe(64 * 256)
    expect(read(table, { batch: "bs" }).rows[0].batch).toBe(64)
  })

  it("takes the batch for tokens where steps times batch gives the tokens, and says the factor where it does not", () => {
    const table = { ...base, bs: [64, 128], steps: [1000, 500] }
    const { summary } = read({ ...table, tokens: [64000, 64000] })
    expect(summary.mapping.batch).toBe("bs")
    expect(summary.guesses.find(({ field }) => field === "batch")?.reason).toMatch(
      "in tokens: steps * bs gives the tokens in 2 of 2 rows",
    )
    expect(() => read({ ...table, tokens: [64000 * 2048, 64000 * 2048] })).toThrow(
      'Tokens are 2048 times steps * bs in 2 of 2 rows; the batch is in sequences of 2048 tokens: give --batch "bs * 2048", or --seq-len 2048.',
    )
  })

  it("is refused where its unit is not known, with the way out", () => {
    expect(() => read({ lr: [0.001], batch_tokens: [64], D: [1e6], "loss (bpb)": [1] })).toThrow(
      '--loss: "loss (bpb)" looks like the loss, in a unit that is not known: "bpb"; give what turns it into ours, as --loss "loss (bpb) * 0.693".',
    )
  })

  it("is refused where two columns fit or none, with the columns", () => {
    expect(() => read({ ...base, "smooth loss": [2, 2] })).toThrow(
      '--loss: "loss" and "smooth loss" both look like the loss; name the one that is meant, as --loss "loss".',
    )
    expect(() => read({ loss: [2], rate: [1] })).toThrow(
      '--eta: no column looks like the learning rate; the columns are "loss", "rate"; name it',
    )
    expect(() => read({ ...base, batch_tokens: [64, 64] })).toThrow(
      "--tokens: no column looks like the horizon in tokens",
    )
    expect(() => read({ ...base, batch_tokens: [64, 64], D: [1, 1], tokens: [1, 1] })).toThrow(
      '"D" and "tokens" both look like',
    )
  })

  it("takes steps times batch where no column names the tokens, and the words steps and batch in an expression", () => {
    const table = { ...base, bs: [64, 64], iters: [1000, 2000] }
    expect(read(table, { seqLen: "8" }).rows.map(({ tokens }) => tokens)).toEqual([512e3, 1024e3])
    expect(read(table, { batch: "bs * 8", tokens: "steps * batch" }).rows[0].tokens).toBe(512e3)
    expect(() => read(table, { batch: "bs * 8", steps: "iters", tokens: "step * batch" })).toThrow(
      'there is no column "step"',
    )
  })

  it("leaves out what is not needed and not clear, and says so", () => {
    const { summary } = read({ ...base, batch_tokens: [64, 64], D: [1e6, 1e6], run: ["a", "b"], exp_name: ["c", "d"] })
    expect(summary.notes).toEqual([
      '"run" and "exp_name" both look like the run; name the one that is meant; it is left out',
    ])
    expect(summary.mapping.runId).toBeUndefined()
  })
})

describe("a mapping that does not fit", () => {
  const table = { ...base, bs: [64, 64], D: [1e6, 1e6] }

  it("names the column that is not there", () => {
    expect(() => read(table, { batch: "BS * 8" })).toThrow(
      '--batch "BS * 8": there is no column "BS"; the columns are "lr", "loss", "bs", "D"; nearest: "bs".',
    )
    expect(() => read(table, { batch: "bs", runId: "name" })).toThrow('--run-id "name": there is no column "name"')
    expect(() => read(table, { batch: "bs", names: "lr{eta}" })).toThrow(
      '--names "lr{eta}": name the column that holds the names',
    )
  })

  it("does not multiply by the sequence length twice", () => {
    expect(() => read(table, { batch: "bs * 2048", seqLen: "2048" })).toThrow("already multiplies by 2048")
    expect(() => read({ ...table, s: [8, 8] }, { batch: "bs * s", seqLen: "s" })).toThrow("already multiplies by s")
  })
})
