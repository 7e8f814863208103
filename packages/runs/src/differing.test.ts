import { describe, expect, it } from "vitest"
import { describe as linesOf } from "./describe.ts"
import { isNoSetting } from "./no-setting.ts"
import { rowsFromTable } from "./rows.ts"
import { type Cell, tableOf } from "./table.ts"

const rates = [1, 2, 4, 8]
/** Two models at each of four rates, what tells them apart as given. */
const sweep = (more: Readonly<Record<string, (model: number, k: number) => Cell>>) => {
  const rows = [0, 1].flatMap((model) => rates.map((lr, k) => ({ model, lr, k })))
  return tableOf({
    lr: rows.map(({ lr }) => lr),
    batch_tokens: rows.map(() => 8),
    D: rows.map(() => 64),
    loss: rows.map(({ model, k }) => 2 + 0.3 * model + 0.01 * k),
    ...Object.fromEntries(
      Object.entries(more).map(([name, cell]) => [name, rows.map(({ model, k }) => cell(model, k))]),
    ),
  })
}
const differing = (more: Parameters<typeof sweep>[0], ...rest: [object?, object?]) =>
  rowsFromTable(sweep(more), ...rest).summary.differing

describe("runs that are taken for repeats", () => {
  it("are found out where another column tells them apart", () => {
    const more = { topk: (m: number) => 2 ** m, "Na/N": (m: number) => (m === 0 ? "0.25" : "0.5"), heads: () => 4 }
    expect(differing(more)).toEqual([
      { column: "topk", values: ["1", "2"], tells: true },
      { column: "Na/N", values: ["0.25", "0.5"], tells: false },
    ])
    const { summary } = rowsFromTable(sweep(more))
    const lines = linesOf(summary)
    expect(lines[1]).toBe(
      'WARNING: 4 settings measured by more than one run, which are no repeats: they differ in "topk" (1, 2), and along with that in "Na/N". No field is read from these, so the fit takes different models or recipes for one. Take one at a time, as --where \'topk = 1\'',
    )
    expect(lines.join("\n")).not.toContain("kept as repeats")
  })

  it("are told apart by the condition that is offered", () => {
    const { rows, summary } = rowsFromTable(sweep({ topk: (m) => 2 ** m }), {}, { where: ["topk = 1"] })
    expect(rows.map(({ loss }) => loss)).toEqual([2, 2.01, 2.02, 2.03])
    expect(summary).toMatchObject({ repeated: 0, differing: [] })
  })

  it("need two columns where none tells all apart", () => {
    const table = tableOf({
      lr: [1, 1, 1, 1, 2, 2, 2, 2],
      batch_tokens: new Array(8).fill(8),
      D: new Array(8).fill(64),
      loss: [2, 2.1, 2.2, 2.3, 3, 3.1, 3.2, 3.3],
      depth: [2, 2, 4, 4, 2, 2, 4, 4],
      decay: ["no", "yes", "no", "yes", "no", "yes", "no", "yes"],
    })
    expect(rowsFromTable(table).summary.differing.map(({ column, tells }) => [column, tells])).toEqual([
      ["depth", true],
      ["decay", true],
    ])
    expect(linesOf(rowsFromTable(table).summary)[1]).toContain("as --where 'depth = 2' --where 'decay = no'")
  })

  it("are repeats where they differ in who, when, where, how fast and what came out", () => {
    const more = {
      exp_name: (m: number, k: number) => `run ${m} ${k}`,
      data_seed: (m: number) => m,
      hostname: (m: number) => `node${m}`,
      "tokens/sec": (m: number) => 1000 + m,
      date: (m: number) => `2024-05-0${m + 1}`,
      ckpt_path: (m: number) => `/runs/${m}`,
      "eval/acc": (m: number) => 0.25 * (m + 1),
      grad_norm: (m: number) => m,
    }
    expect(differing(more)).toEqual([])
    expect(linesOf(rowsFromTable(sweep(more)).summary)).toContain(
      "4 settings measured by more than one run: kept as repeats",
    )
  })

  it("are repeats where a column differs between nearly all rows, or only by rounding, or is blank in one of them", () => {
    expect(differing({ diversity: (m, k) => 0.1 + m * 0.37 + k * 0.011 })).toEqual([])
    expect(differing({ ratio: (m) => (m === 0 ? 0.92996 : 0.92999) })).toEqual([])
    expect(differing({ warmup_steps: (m) => (m === 0 ? "100" : "1e2") })).toEqual([])
    expect(differing({ dropout: (m) => (m === 0 ? "" : 0.1) })).toEqual([])
  })

  it("are other settings by a warmup that differs, though that is mapped, and by factors whose product is the same", () => {
    expect(differing({ warmup_steps: (m) => 100 + 100 * m }).map(({ column }) => column)).toEqual(["warmup_steps"])
    const more = { bs: (m: number) => 4 / (m + 1), seq_len: (m: number) => 2 * (m + 1) }
    expect(differing(more, { batch: "bs * seq_len" }).map(({ column }) => column)).toEqual(["bs", "seq_len"])
  })

  it("are different settings, and nothing is to be said, where the column is mapped", () => {
    expect(differing({ topk: (m) => 2 ** m }, { size: "topk" })).toEqual([])
    expect(differing({ avg: (m) => (m === 0 ? "none" : "ewa:0.99") }, { average: "avg" })).toEqual([])
  })
})

describe("isNoSetting", () => {
  it.each([
    "seed",
    "Data Seed",
    "run_id",
    "Unnamed: 0",
    "Runtime",
    "average_iter_time",
    "train/tokens_per_second",
    "eval/loss",
    "summary._timestamp",
    "gradient_norm",
    "git_commit",
    "final_iter",
  ])("%s", (name) => expect(isNoSetting(name)).toBe(true))
  it.each([
    "topk",
    "moe_name",
    "model_id",
    "z_loss_coef",
    "warmup_steps",
    "qk_norm",
    "optimizer",
    "weight_decay",
    "beta2",
    "Na/N",
    "n_heads",
    "vocab",
    "lr_schedule",
  ])("not %s", (name) => expect(isNoSetting(name)).toBe(false))
})
