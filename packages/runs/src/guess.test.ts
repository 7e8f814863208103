import { describe, expect, it } from "vitest"
import { guessMapping } from "./guess.ts"

const problems = (columns: ReadonlyArray<string>) =>
  guessMapping(columns).open.map(({ field, problem }) => `${field}: ${problem}`)

describe("guessMapping", () => {
  it("knows our own names and what they count", () => {
    const { mapping, open } = guessMapping(["eta", "batch", "tokens", "loss", "seed", "width"])
    expect(mapping).toEqual({
      eta: "eta",
      batch: "batch",
      tokens: "tokens",
      loss: "loss",
      seed: "seed",
      width: "width",
    })
    expect(open).toEqual([])
  })

  it.each([
    [["lr", "D", "N", "eval/loss", "h"], { eta: "lr", tokens: "D", size: "N", loss: "eval/loss" }],
    [
      ["config.learning_rate", "config.d_model", "val/loss", "_step"],
      { eta: "config.learning_rate", width: "config.d_model", loss: "val/loss", steps: "_step" },
    ],
    [
      ["Learning Rate", "Train Tokens", "Validation Loss", "State", "Name"],
      { eta: "Learning Rate", tokens: "Train Tokens", loss: "Validation Loss", status: "State", runId: "Name" },
    ],
    [
      ["peakLr", "tokens (B)", "N (millions)", "val_loss (nats)"],
      { eta: "peakLr", tokens: "tokens (B) * 1000000000", size: "N (millions) * 1000000", loss: "val_loss (nats)" },
    ],
    [
      ["params_lr", "number", "state", "value", "intermediate_value", "batch (tokens)"],
      { eta: "params_lr", runId: "number", status: "state", loss: "value", batch: "batch (tokens)" },
    ],
    [["lr", "batch_tokens", "bs"], { eta: "lr", batch: "batch_tokens" }],
  ] as const)("reads %j", (columns, mapping) => {
    expect(guessMapping(columns).mapping).toEqual(mapping)
  })

  it("takes the width from names that say it, and from no single letter, since it parts models from each other", () => {
    for (const name of ["width", "d_model", "hidden_size", "config.n_embd", "dim", "embedding_dim"])
      expect(guessMapping([name]).mapping).toEqual({ width: name })
    for (const name of ["h", "d", "heads", "ffnh", "dims", "hidden"]) expect(guessMapping([name]).mapping).toEqual({})
  })

  it.each([
    ["D [1e9]", { tokens: "D [1e9] * 1000000000" }],
    ["tokens (10^9)", { tokens: "tokens (10^9) * 1000000000" }],
    ["tokens [billions of tokens]", { tokens: "tokens [billions of tokens] * 1000000000" }],
    ["batch (k tokens)", { batch: "batch (k tokens) * 1000" }],
    ["params (in millions)", { size: "params (in millions) * 1000000" }],
    ["loss [nats/token]", { loss: "loss [nats/token]" }],
    ["loss (bits per token)", { loss: `loss (bits per token) * ${Math.log(2)}` }],
    // Per byte, per what? And a number that comes after a name tells equal names apart.
    ["loss (bits)", {}],
    ["loss (bpb)", {}],
    ["lr (2)", {}],
  ])("reads the unit of %j", (name, mapping) => expect(guessMapping([name]).mapping).toEqual(mapping))

  it("tells case where it matters and gives a reason for each guess", () => {
    expect(guessMapping(["d", "n", "H"]).mapping).toEqual({})
    expect(guessMapping(["tokens (B)"]).guesses).toEqual([
      {
        field: "tokens",
        expression: "tokens (B) * 1000000000",
        reason: "a usual name of the horizon in tokens, in units of 1000000000",
      },
    ])
  })

  it("leaves open where two columns fit", () => {
    expect(problems(["loss", "smooth loss"])).toEqual([
      'loss: "loss" and "smooth loss" both look like the loss; name the one that is meant',
    ])
    expect(problems(["lr", "config.lr"])[0]).toMatch('"lr" and "config.lr" both look like the learning rate')
    expect(problems(["bs", "batch_size"])[0]).toMatch('"bs" and "batch_size" both look like the batch size')
  })

  it("leaves open what a batch counts, and units that it does not know", () => {
    expect(problems(["lr", "batch", "loss"])).toEqual([
      'batch: "batch" counts sequences or tokens, which its name does not say',
    ])
    expect(problems(["bs (sequences)"])).toEqual(['batch: "bs (sequences)" counts sequences'])
    expect(problems(["tokens (epochs)"])[0]).toMatch('in a unit that is not known: "epochs"')
  })
})
