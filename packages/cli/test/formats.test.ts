import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { temporaryFolder, timeTransfer } from "./command.ts"
import { expectRefusal } from "./refused.ts"

const folder = temporaryFolder()
const run = (...args: ReadonlyArray<string>) => timeTransfer(args, { cwd: folder })
const fixture = (name: string) => fileURLToPath(new URL(`../../runs/fixtures/${name}`, import.meta.url))

interface Fitted {
  readonly cells: ReadonlyArray<{
    readonly batch: number
    readonly tokens: number
    readonly points: ReadonlyArray<object>
  }>
  readonly runs: { readonly used: number; readonly reasons: ReadonlyArray<{ readonly reason: string }> }
}

describe.concurrent("runs that somebody else trained", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, number, ...Array<string>]> = [
    [
      "awkward.csv",
      ["--loss", "smooth loss", "--batch", "bs * 2048"],
      45,
      'guessed eta from "lr"',
      "merged into learning rate 0.0009765625: 0.0009766 (2 rows), 0.000977 (4 rows)",
      "dropped 1: tokens are not steps * batch: mixed units (line 48)",
      "diverged 2: left out of profiles (line 46, 47)",
    ],
    ["wandb-history.jsonl", ["--seq-len", "config.seq_len"], 16, "48 rows without a loss, as between evaluations"],
    ["wandb-chart.csv", ["--names", "lr{eta}-bs{batch}", "--seq-len", "2048"], 17, '7 runs, "Step" along its axis'],
    ["wandb-api.csv", ["--seq-len", "2048"], 12, 'guessed eta from "config.lr"'],
    ["optuna-journal.log", [], 16, "diverged 1: left out of profiles (trial 13)"],
    ["history.parquet", ["--last"], 3, "dropped 9: an earlier reading of its run"],
  ]
  it.for(cases)("%s", async ([name, flags, used, ...said]) => {
    const { code, stdout, stderr } = await run("fit", fixture(name), ...flags, "--json")
    expect(code, stderr).toBe(0)
    for (const text of said) expect(stderr).toContain(text)
    const { cells, runs } = JSON.parse(stdout) as Fitted
    expect(runs.used).toBe(used)
    expect(cells.reduce((sum, { points }) => sum + points.length, 0)).toBe(used)
  })

  it("the same rows as CSV with semicolons, as TSV and as JSON give the same cells", async () => {
    const rows = [1, 2, 4, 8, 16].map((k) => ({
      lr: k / 1000,
      tokens: 1e9,
      batch_tokens: 65536,
      loss: 2.5 + Math.log(k / 4) ** 2 / 50,
    }))
    const names = Object.keys(rows[0] ?? {})
    const lines = (delimiter: string, text: (value: number) => string) =>
      [names.join(delimiter), ...rows.map((row) => Object.values(row).map(text).join(delimiter))].join("\n")
    writeFileSync(
      join(folder, "same.csv"),
      lines(";", (value) => String(value).replace(".", ",")),
    )
    writeFileSync(join(folder, "same.tsv"), lines("\t", String))
    writeFileSync(join(folder, "same.json"), JSON.stringify(rows, null, 2))
    writeFileSync(join(folder, "lines.json"), rows.map((row) => JSON.stringify(row)).join("\n"))
    const all = await Promise.all(
      ["same.csv", "same.tsv", "same.json", "lines.json"].map((file) => run("fit", file, "--json")),
    )
    const cells = all.map(({ stdout, stderr }) => {
      expect(stderr).toContain("read 5 of 5 rows")
      const { cells } = JSON.parse(stdout) as Fitted
      return cells.map((cell) => ({ ...cell, points: cell.points.map((point) => ({ ...point, runId: "" })) }))
    })
    for (const other of cells.slice(1)) expect(other).toEqual(cells[0])
  })

  it("predict and report take them, and predict takes the law that fit wrote of them", async () => {
    const table = [fixture("awkward.csv"), "--loss", "smooth loss", "--batch", "bs * 2048"]
    const predicted = await run("predict", ...table, "--for", "1e11", "--for-batch", "2^19", "--json")
    expect(predicted.code, predicted.stderr).toBe(0)
    expect(predicted.stderr).toContain("read 45 of 50 rows")
    writeFileSync(join(folder, "law.json"), (await run("fit", ...table, "--json")).stdout)
    const again = await run("predict", "law.json", "--for", "1e11", "--for-batch", "2^19", "--json")
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(predicted.stdout))
    const reported = await run("report", ...table, "--file", "runs.html", "--json")
    expect(JSON.parse(reported.stdout)).toMatchObject({ report: "runs.html", runs: { used: 45, unit: "line" } })
  })
})

describe.concurrent("a table that does not say enough ends with code 2", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, string]> = [
    [
      "awkward.csv",
      [],
      '--loss: "loss" and "smooth loss" both look like the loss; name the one that is meant, as --loss "loss".',
    ],
    ["awkward.csv", ["--loss", "smooth loss"], 'give --batch "bs * 2048", or --seq-len 2048.'],
    [
      "awkward.csv",
      ["--loss", "smoth_loss"],
      'there is no column "smoth_loss"; the columns are "exp_name", "N (millions)", "D", "bs", "ti", "lr", "loss", "smooth loss", "remark"; nearest: "smooth loss"',
    ],
    [
      "wandb-history.jsonl",
      [],
      'give --seq-len "config.seq_len" if it is in sequences of so many tokens, or --batch "config.batch_size" if it is in tokens.',
    ],
    [
      "wandb-history.jsonl",
      ["--eta", "train/lr", "--seq-len", "2048"],
      '--eta "train/lr": it changes along the runs that "run" names',
    ],
    ["wandb-chart.csv", ["--names", "lr={eta}"], 'no name in "run" has this form; they are "gpt - lr0.001-bs128"'],
    ["wandb-api.csv", ["--seq-len", "2048", "--run-id", "id", "--last"], '--run-id "id": there is no column "id"'],
  ]
  it.for(cases)("%s %j", async ([name, flags, part]) => {
    const ended = await run("fit", fixture(name), ...flags)
    expectRefusal(ended, 2)
    expect(ended.stderr).toContain(part)
  })

  it("an unreadable file is named with its line", async () => {
    writeFileSync(join(folder, "cut.parquet"), "PAR1 and no more")
    expectRefusal(await run("fit", "cut.parquet"), 2, "cut.parquet cannot be read as Parquet")
    writeFileSync(join(folder, "j.log"), '{"op_code": 0, "study_name": "s", "directions": [1]}\n{"op_code": \n{}\n')
    expectRefusal(await run("predict", "j.log"), 2, "j.log, line 2, is not JSON")
  })
})
