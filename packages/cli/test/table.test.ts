import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { temporaryFolder, timeTransfer } from "./command.ts"
import { expectRefusal } from "./refused.ts"

const folder = temporaryFolder()
const fit = (...args: ReadonlyArray<string>) => timeTransfer(["fit", ...args], { cwd: folder })

describe("25 published runs of AdamW over learning rates and batches", () => {
  const sweep = fileURLToPath(new URL("../../fit/fixtures/adamw_lr_batch_sweep.csv", import.meta.url))
  const columns = ["--eta", "lr", "--batch", "batch_size * 4096", "--tokens", "tokens", "--loss", "loss"]

  it("three profiles have an optimum, the others say why not, diverged rows are named", async () => {
    const { code, stdout, stderr } = await fit(sweep, ...columns, "--json")
    expect(code, stderr).toBe(0)
    expect(stderr).toContain("read 25 of 25 rows")
    expect(stderr).toContain("diverged 5: left out of profiles (line 5, 10, 16, 23, 24)")
    const { cells } = JSON.parse(stdout) as {
      readonly cells: ReadonlyArray<{
        readonly batch: number
        readonly tokens: number
        readonly eta: { readonly _tag: string; readonly value?: number; readonly reason?: string }
      }>
    }
    const found = cells.filter(({ eta }) => eta._tag === "Estimate")
    expect(found.map(({ batch, tokens }) => [batch, Math.round(tokens / 2 ** 31 / 1.25)])).toEqual([
      [2 ** 19, 1],
      [2 ** 19, 2],
      [2 ** 19, 4],
    ])
    for (const [k, eta] of [0.00915, 0.00822, 0.00704].entries()) expect(found[k]?.eta.value).toBeCloseTo(eta, 5)
    const rest = cells.filter(({ eta }) => eta._tag !== "Estimate")
    expect(rest.length).toBeGreaterThan(0)
    for (const { eta } of rest) expect(eta).toMatchObject({ _tag: "NotIdentified", reason: "too-few-points" })
  })

  it("tells the same in words", async () => {
    const { stdout } = await fit(sweep, ...columns)
    expect(stdout).toMatch(/2\^19 +-6\.8\S* +-6\.9\S* +-7\.1\S* +few rates/)
    expect(stdout).toContain("2 diverged: eta 0.016, 0.032")
    expect(stdout).toContain("20 of 25 used; left out: 5 diverged")
  })
})

describe.concurrent("a table that cannot be used ends with code 2", () => {
  const header = "eta,batch,tokens,loss\n"
  const cases: ReadonlyArray<
    readonly [string, string | Uint8Array | undefined, ReadonlyArray<string>, ...Array<string>]
  > = [
    ["missing.csv", undefined, [], "cannot read missing.csv: there is no such file"],
    ["empty.csv", "", [], "empty.csv holds no rows"],
    ["header.csv", header, [], "header.csv holds no rows below its header line"],
    ["binary.csv", Uint8Array.from({ length: 999 }, (_, i) => i % 256), [], "binary.csv is not text"],
    ["quote.csv", 'eta,"batch\n1,2\n', [], "quote.csv is not a CSV file"],
    [
      "column.csv",
      `${header}0.001,64,1000,3.1\n`,
      ["--eta", "lr"],
      '--eta "lr": there is no column "lr"; the columns are "eta", "batch", "tokens", "loss"',
    ],
    ["words.csv", `${header}0.001,64,1000,high\n`, [], "words.csv holds no row that can be used"],
    ["lines.jsonl", '{"eta": 1}\nnot json\n', [], "lines.jsonl, line 2, is not JSON"],
  ]
  it.for(cases)("%s", async ([name, content, flags, ...parts]) => {
    if (content !== undefined) writeFileSync(join(folder, name), content)
    expectRefusal(await fit(name, ...flags), 2, ...parts)
  })
})

it("a row that is dropped is named by its line, in a CSV file below the header", async () => {
  const rows = [0.001, 0.002, 0.004].map((eta) => ({ eta, batch: 64, tokens: 1e5, loss: 3 }))
  const bad = { ...rows[0], loss: "high" }
  writeFileSync(join(folder, "named.jsonl"), [...rows, bad].map((row) => JSON.stringify(row)).join("\n"))
  expect((await fit("named.jsonl")).stderr).toContain('dropped 1: "loss" is not a number: "high" (line 4)')
  const csv = ["eta,batch,tokens,loss", ...[...rows, bad].map((row) => Object.values(row).join(","))]
  writeFileSync(join(folder, "named.csv"), csv.join("\n"))
  expect((await fit("named.csv")).stderr).toContain('dropped 1: "loss" is not a number: "high" (line 5)')
})

it("runs of two models are no repeats: says so, and takes one by --where", async () => {
  const rows = [1, 2].flatMap((topk) =>
    [0.001, 0.002, 0.004, 0.008].map((eta, k) => `${eta},65536,1B,${3 - 0.2 * topk + 0.03 * (k - 1) ** 2},${topk}`),
  )
  writeFileSync(join(folder, "models.csv"), `eta,batch_tokens,tokens,loss,topk\n${rows.join("\n")}\n`)
  const { stderr } = await fit("models.csv", "--json")
  expect(stderr).toMatch(/WARNING: 4 settings .* no repeats: they differ in "topk" \(1, 2\)\..* --where 'topk = 1'/)
  const one = await fit("models.csv", "--where", "topk = 1", "--where", "eta < 0.005", "--json")
  expect(one.stderr).toContain('left out 5: by --where "topk = 1", "eta < 0.005"')
  expect(one.stderr).not.toContain("WARNING")
  expect(JSON.parse(one.stdout).runs).toMatchObject({ rows: 8, used: 3, leftOut: 5, differing: [] })
  expectRefusal(await fit("models.csv", "--where", "topk = 3"), 2, 'no row meets this; "topk" holds 1, 2')
})

it("rows that share one learning rate have no optimum, and are told so", async () => {
  const rows = [64, 128, 256].flatMap((batch) =>
    [1e4, 2e4, 4e4].map((tokens) => `0.001,${batch},${tokens},${3 - batch / tokens}`),
  )
  writeFileSync(join(folder, "one.csv"), `eta,batch,tokens,loss\n${rows.join("\n")}\n`)
  const { code, stdout } = await fit("one.csv", "--json")
  expect(code).toBe(0)
  const law = JSON.parse(stdout)
  expect(law.cells).toHaveLength(9)
  for (const { eta } of law.cells) expect(eta).toMatchObject({ _tag: "NotIdentified", reason: "too-few-points" })
  const { stdout: text } = await fit("one.csv")
  expect(text).toContain("Only 1 sound learning rate: three are needed")
})
