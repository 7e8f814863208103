import { readFileSync } from "node:fs"
import { validateRows } from "@ts/fit"
import { describe, expect, it } from "vitest"
import { parseRuns } from "./parse-runs.ts"
import { rowsFromTable } from "./rows.ts"
import { tableOf } from "./table.ts"

const mapping = { eta: "lr", batch: "bs", tokens: "D", loss: "smooth loss" }

describe("rowsFromTable", () => {
  it("drops what means nothing, with counts and places", () => {
    const { rows, origins, summary } = rowsFromTable(
      tableOf({
        lr: [0.001, "0.002", "", 0.004, -1, "fast", 0.001, 0.001, 0.001, 0.001],
        bs: [64, 64, 64, 64, 64, 64, 64, 64, 64, 64],
        D: [1e9, 1e9, 1e9, 0, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9],
        "smooth loss": [2.5, "nan", 2.5, 2.5, 2.5, 2.5, 2.5, -0.1, null, "n/a"],
      }),
      { ...mapping, batch: "bs * 2048" },
    )
    expect(rows).toHaveLength(2)
    expect(rows[0]).toEqual({
      runId: "row 1",
      seed: 0,
      eta: 0.001,
      batch: 131072,
      tokens: 1e9,
      width: 0,
      average: "none",
      loss: 2.5,
      status: "finished",
      provenance: { source: "table" },
    })
    expect(rows[1]).toMatchObject({ eta: 0.002, status: "diverged", loss: NaN })
    expect(origins).toEqual([0, 1])
    expect(summary).toMatchObject({ rows: 10, used: 2, dropped: 8, blank: 0, diverged: { rows: 1, examples: [2] } })
    expect(summary.reasons).toHaveLength(7)
    expect(summary.reasons).toEqual(
      expect.arrayContaining([
        { reason: '"smooth loss" is blank', rows: 2, examples: [9, 10] },
        { reason: '"lr" is blank', rows: 1, examples: [3] },
        { reason: "tokens is not above zero", rows: 1, examples: [4] },
        { reason: "eta is not above zero", rows: 1, examples: [5] },
        { reason: '"lr" is not a number: "fast"', rows: 1, examples: [6] },
        { reason: "duplicate of an earlier row", rows: 1, examples: [7] },
        { reason: "loss is not above zero", rows: 1, examples: [8] },
      ]),
    )
  })

  it("keeps equal settings with another loss as repeated seeds", () => {
    const table = tableOf({ lr: [1, 1, 1, 1], bs: [1, 1, 1, 1], D: [9, 9, 9, 9], "smooth loss": [2, 2.1, 2, 2.2] })
    const { rows, summary } = rowsFromTable(table, mapping)
    expect(rows.map((r) => r.seed)).toEqual([0, 1, 2])
    expect(new Set(rows.map((r) => r.runId)).size).toBe(3)
    expect(summary).toMatchObject({ repeated: 1, runs: 3, dropped: 1 })
  })

  it("takes what else the table knows", () => {
    const table = tableOf(
      {
        lr: [1],
        bs: [1],
        D: [9],
        "smooth loss": [2],
        run: ["a7"],
        avg: ["ewa:0.99"],
        how: ["Pruned"],
        N: [3],
        d: [64],
        s: [5],
        warm: [2],
        ti: [9],
        l0: [4.8],
      },
      "runs.csv",
    )
    const more = { batch: "bs", runId: "run", average: "avg", status: "how", size: "N * 1e6", width: "d" }
    const { rows } = rowsFromTable(table, {
      ...mapping,
      ...more,
      seed: "s",
      warmupSteps: "warm",
      steps: "ti",
      initialLoss: "l0",
    })
    expect(rows[0]).toEqual({
      runId: "a7",
      seed: 5,
      tokens: 9,
      batch: 1,
      eta: 1,
      width: 64,
      average: "ewa:0.99",
      loss: 2,
      status: "pruned",
      steps: 9,
      warmupSteps: 2,
      size: 3e6,
      initialLoss: 4.8,
      provenance: { source: "runs.csv" },
    })
  })

  it("marks what the divergence rule catches within its profile, and only there", () => {
    const table = tableOf({ lr: [1, 2, 4, 4], bs: [1, 1, 1, 2], D: [9, 9, 9, 9], "smooth loss": [2, 1.9, 3.1, 3.1] })
    expect(rowsFromTable(table, mapping).rows.map(({ status }) => status)).toEqual([
      "finished",
      "finished",
      "diverged",
      "finished",
    ])
  })

  it("reads text that says a run diverged as a loss that is not finite", () => {
    const losses = ["diverged", "Infinity", "-inf", "NaN", "#NUM!"]
    const ones = losses.map(() => 1)
    const { rows, summary } = rowsFromTable(
      tableOf({ lr: losses.map((_, k) => k + 1), bs: ones, D: ones, "smooth loss": losses }),
      mapping,
    )
    expect(rows.map(({ loss, status }) => [loss, status])).toEqual(losses.map(() => [NaN, "diverged"]))
    expect(summary.diverged.rows).toBe(5)
  })

  it("knows no horizon of a run that did not finish, unless it has other readings", () => {
    const state = ["finished", "crashed", "failed", "RUNNING", "killed"]
    const columns = {
      lr: [1, 2, 3, 4, 5],
      bs: [1, 1, 1, 1, 1],
      D: [1, 2, 3, 4, 5],
      "smooth loss": [2, 2, "nan", 2, 2],
      state,
    }
    const { rows, summary } = rowsFromTable(tableOf(columns), mapping)
    expect(rows.map(({ eta, status }) => [eta, status])).toEqual([
      [1, "finished"],
      [3, "diverged"],
    ])
    expect(summary.reasons).toEqual([
      { reason: "its run did not finish, so its horizon is not known", rows: 3, examples: [2, 4, 5] },
    ])
    const trunk = { ...columns, lr: [1, 1, 1, 1, 1], run: ["a", "a", "a", "a", "a"] }
    expect(rowsFromTable(tableOf(trunk), mapping).rows).toHaveLength(5)
  })

  it("gives rows that @ts/fit accepts", () => {
    const table = tableOf({
      lr: [1, 1],
      bs: [1, 1],
      D: [9, 9],
      "smooth loss": [2, 3],
      width: [-1, 8],
      seed: ["x", 1.5],
    })
    const { rows, summary } = rowsFromTable(table, mapping)
    validateRows(rows)
    expect(summary.reasons).toEqual([{ reason: "width is below zero or not finite", rows: 1, examples: [1] }])
    expect(summary.notes).toEqual(['"seed" is not a number in 1 rows; the seed is unknown there'])
    expect(rowsFromTable(tableOf({ lr: [], bs: [], D: [], "smooth loss": [] }), mapping).rows).toEqual([])
  })
})

describe("runs with names", () => {
  const trunk = {
    lr: [1, 1, 1, 2, 2, 2],
    bs: [1, 1, 1, 1, 1, 1],
    D: [1, 2, 4, 1, 2, 4],
    "smooth loss": [3, 2.9, 2.8, 3.1, 3, 2.7],
  }

  it("are trunks, their blank rows no readings, and a setting said once holds for all of them", () => {
    const run = ["a", "a", "a", "b", "b", "b"]
    const table = tableOf({ ...trunk, lr: [1, "", "", 2, "", null], "smooth loss": [3, "", 2.8, 3.1, "", 2.7], run })
    const { rows, summary } = rowsFromTable(table, mapping)
    expect(rows.map(({ runId, eta, tokens }) => [runId, eta, tokens])).toEqual([
      ["a", 1, 1],
      ["a", 1, 4],
      ["b", 2, 1],
      ["b", 2, 4],
    ])
    expect(summary).toMatchObject({ blank: 2, dropped: 0, runs: 2, reasons: [] })
    expect(summary.notes[0]).toMatch("2 runs are read at several horizons")
  })

  it("are read at their end alone where that is asked for", () => {
    const run = ["a", "a", "a", "b", "b", "b"]
    const { rows, summary } = rowsFromTable(tableOf({ ...trunk, run }), mapping, { readings: "last" })
    expect(rows.map(({ runId, tokens }) => [runId, tokens])).toEqual([
      ["a", 4],
      ["b", 4],
    ])
    expect(summary.reasons).toEqual([{ reason: "an earlier reading of its run", rows: 4, examples: [1, 2, 4, 5] }])
    expect(() => rowsFromTable(tableOf(trunk), mapping, { readings: "last" })).toThrow(
      "--last: which readings belong to one run?",
    )
  })

  it("have one seed number along a trunk, and another where two share their settings", () => {
    const table = tableOf({ ...trunk, lr: [1, 1, 1, 1, 1, 1], run: ["a", "a", "a", "b", "b", "b"] })
    const { rows, summary } = rowsFromTable(table, mapping)
    expect(rows.map(({ seed }) => seed)).toEqual([0, 0, 0, 1, 1, 1])
    expect(summary.repeated).toBe(1)
  })

  it("are told apart where two of them share a name", () => {
    const table = tableOf({ lr: [1, 1], bs: [1, 1], D: [9, 9], "smooth loss": [2, 2.1], name: ["base", "base"] })
    expect(rowsFromTable(table, mapping).rows.map(({ runId, seed }) => [runId, seed])).toEqual([
      ["base", 0],
      ["base (2)", 1],
    ])
  })

  it("are different runs where one name has several seeds", () => {
    const columns = {
      lr: [1, 1, 1, 1],
      bs: [1, 1, 1, 1],
      D: [1, 2, 1, 2],
      "smooth loss": [3, 2, 3, 2],
      name: ["a", "a", "a", "a"],
      seed: [1, 1, 2, 2],
    }
    const { rows, summary } = rowsFromTable(tableOf(columns), mapping)
    expect(rows.map(({ runId, seed }) => [runId, seed])).toEqual([
      ["a, seed 1", 1],
      ["a, seed 1", 1],
      ["a, seed 2", 2],
      ["a, seed 2", 2],
    ])
    expect(summary).toMatchObject({ runs: 2, dropped: 0 })
  })

  it("are not named by a column under which settings differ", () => {
    const table = tableOf({
      lr: [1, 2, 4],
      bs: [1, 1, 1],
      D: [9, 9, 9],
      "smooth loss": [2, 1.9, 2],
      name: ["gpt", "gpt", "gpt"],
    })
    const { rows, summary } = rowsFromTable(table, mapping)
    expect(new Set(rows.map(({ runId }) => runId)).size).toBe(3)
    expect(summary.notes[0]).toMatch('"name" names no runs')
    expect(summary.mapping.runId).toBeUndefined()
    expect(rowsFromTable(table, { ...mapping, runId: "name" }).summary.reasons).toEqual([
      { reason: "eta differs between rows of its run", rows: 3, examples: [1, 2, 3] },
    ])
  })

  it("are refused where the rate follows its schedule", () => {
    const table = tableOf({ ...trunk, lr: [1, 0.7, 0.2, 2, 1.4, 0.4], run: ["a", "a", "a", "b", "b", "b"] })
    expect(() => rowsFromTable(table, mapping)).toThrow('--eta "lr": it changes along the runs that "run" names')
  })
})

describe("tokens, steps and batch together", () => {
  const lr = [1, 2, 3, 4, 5]
  const table = (more: object) =>
    tableOf({ lr, bs: [64, 64, 64, 64, 64], "smooth loss": lr.map((k) => 2 + k / 10), ...more })
  const whole = { D: [1e6, 1e6, 1e6, 1e6, 1e6], steps: [15625, 15625, 15625, 15625, 15625] }

  it("drops rows whose units are not those of the others", () => {
    const { summary, rows } = rowsFromTable(table({ ...whole, D: [1e6, 1e6, 2048e6, 1e6, 1e6] }), {
      ...mapping,
      batch: "bs",
    })
    expect(rows).toHaveLength(4)
    expect(summary.reasons).toEqual([{ reason: "tokens are not steps * batch: mixed units", rows: 1, examples: [3] }])
  })

  it("refuses a factor that all rows share, with the way out", () => {
    expect(() => rowsFromTable(table(whole), { ...mapping, batch: "bs * 2048" })).toThrow(
      'either the batch counts tokens already and needs no factor, or the steps are parts of optimiser steps: give --steps "steps / 2048"',
    )
    expect(() => rowsFromTable(table({ ...whole, D: lr.map(() => 2048e6) }), { ...mapping, batch: "bs" })).toThrow(
      '--batch "bs": tokens are 2048 times steps * batch in 5 of 5 rows; the batch is in sequences of 2048 tokens: give --batch "bs * 2048", or --seq-len 2048.',
    )
    expect(() => rowsFromTable(table({ ...whole, D: lr.map(() => 0.001) }), { ...mapping, batch: "bs" })).toThrow(
      'the tokens are in billions: give --tokens "D * 1000000000"',
    )
  })

  it("forgets guessed steps that are something else, and refuses given ones", () => {
    const odd = { ...whole, steps: [3, 1000, 77, 12, 9999] }
    const { rows, summary } = rowsFromTable(table(odd), { ...mapping, batch: "bs" })
    expect(rows.every(({ steps }) => steps === undefined)).toBe(true)
    expect(summary.notes[0]).toMatch('"steps" is not the optimiser steps')
    expect(summary.mapping.steps).toBeUndefined()
    expect(() => rowsFromTable(table(odd), { ...mapping, batch: "bs", steps: "steps" })).toThrow("leave --steps out")
  })
})

describe("awkward.csv", async () => {
  const bytes = readFileSync(new URL("../fixtures/awkward.csv", import.meta.url))
  const table = await parseRuns({ name: "awkward.csv", bytes })

  it("is refused until it is clear what is meant", () => {
    expect(() => rowsFromTable(table)).toThrow('"loss" and "smooth loss" both look like the loss')
    expect(() => rowsFromTable(table, { loss: "smooth loss" })).toThrow(
      'Tokens are 2048 times steps * bs in 49 of 50 rows; the batch is in sequences of 2048 tokens: give --batch "bs * 2048"',
    )
  })

  it("gives its 42 runs and what happened to every other line", () => {
    const { rows, summary } = rowsFromTable(table, { loss: "smooth loss", batch: "bs * 2048" })
    const sound = rows.filter(({ status, seed }) => status === "finished" && seed === 0)
    expect(sound).toHaveLength(42)
    expect(new Set(sound.map(({ eta }) => Math.round(Math.log2(eta) * 2) / 2)).size).toBe(7)
    expect(new Set(sound.map(({ eta }) => eta)).size).toBe(7)
    expect(new Set(sound.map(({ tokens }) => tokens))).toEqual(new Set([1e10, 2e10]))
    expect(new Set(sound.map(({ batch }) => batch))).toEqual(new Set([2 ** 18, 2 ** 19, 2 ** 20]))
    // The losses are those of make_tables.mjs.
    for (const { eta, batch, tokens, loss } of sound) {
      const best = 0.002 * (batch / 2 ** 19) ** 0.4
      expect(loss).toBeCloseTo(2 + 40 * tokens ** -0.28 * (1 + batch / 2 ** 22) + 0.05 * Math.log(eta / best) ** 2, 5)
    }
    expect(summary).toMatchObject({
      rows: 50,
      used: 45,
      dropped: 5,
      blank: 0,
      repeated: 1,
      diverged: { rows: 2, examples: [46, 47] },
    })
    expect(Object.fromEntries(summary.reasons.map(({ reason, examples }) => [reason, examples]))).toEqual({
      "duplicate of an earlier row": [44],
      '"smooth loss" is blank': [45],
      "tokens are not steps * batch: mixed units": [48],
      "eta is not above zero": [49],
      "loss is not above zero": [50],
    })
    expect(summary.merged.map(({ field, value }) => [field, value])).toEqual([
      ["tokens", 1e10],
      ["tokens", 2e10],
      ["eta", 2 ** -10],
    ])
    expect(summary.merged[2].from.map(({ value }) => value)).toEqual([9.766e-4, 9.77e-4])
    expect(rows.at(-1)).toMatchObject({ runId: "run 50", seed: 1, eta: 2 ** -10 })
  })
})

describe("the published sweep of Wen et al. 2025", async () => {
  const bytes = readFileSync(new URL("../../fit/fixtures/adamw_lr_batch_sweep.csv", import.meta.url))
  const table = await parseRuns({ name: "sweep.csv", bytes })

  it("asks what the batch counts, and marks the losses above 7 as diverged and no other", () => {
    expect(() => rowsFromTable(table)).toThrow('give --seq-len "seq_len"')
    const { rows, summary } = rowsFromTable(table, { seqLen: "seq_len" })
    expect(rows).toHaveLength(25)
    for (const { loss, status } of rows) expect(status).toBe(loss > 7 ? "diverged" : "finished")
    expect(summary.diverged).toEqual({ rows: 5, examples: [5, 10, 16, 23, 24] })
    expect(rows[0]).toMatchObject({ eta: 0.004, batch: 128 * 4096, tokens: 2684354560, warmupSteps: 2000 })
    expect(summary.merged).toEqual([])
  })
})

describe("a history of W&B", async () => {
  const bytes = readFileSync(new URL("../fixtures/wandb-history.jsonl", import.meta.url))
  const table = await parseRuns({ name: "history.jsonl", bytes })

  it("gives a reading for each evaluation, with the configuration of the run's first line", () => {
    const { rows, summary } = rowsFromTable(table, { batch: "config.batch_size * config.seq_len" })
    expect(rows).toHaveLength(16)
    expect(rows.map(({ runId }) => runId).slice(3, 5)).toEqual(["quiet-sun-0", "quiet-sun-1"])
    expect(rows.slice(0, 4).map(({ tokens, steps }) => [tokens, steps])).toEqual(
      [1, 2, 3, 4].map((k) => [k * 1000 * 2 ** 19, k * 1000]),
    )
    expect(rows.filter(({ status }) => status === "diverged").map(({ runId, steps }) => [runId, steps])).toEqual([
      ["quiet-sun-3", 3000],
      ["quiet-sun-3", 4000],
    ])
    expect(summary).toMatchObject({ blank: 48, dropped: 0, runs: 4 })
  })
})
