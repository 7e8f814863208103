import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { temporaryFolder, timeTransfer } from "./command.ts"
import { expectRefusal } from "./refused.ts"

const folder = temporaryFolder()
const run = (...args: ReadonlyArray<string>) => timeTransfer(args, { cwd: folder })

/** Between -1 and 1, the same for ever. */
const jitter = (k: number): number => Math.sin(12.9898 * (k + 1) ** 2)

/** log2 eta* of a bell with its peak at B = 2^20 (T / 2^32)^0.5, beyond the batches below; its height falls like N^-0.5. */
const best = (b: number, t: number, size: number): number => {
  const away = (b - 20 - 0.5 * (t - 32)) / 2
  return -8 - 0.5 * Math.log2(size / 1e8) - Math.log2((2 ** away + 2 ** -away) / 2)
}

/** Losses about these optima, as a table. */
const table = (sizes: ReadonlyArray<number>, column: string): string => {
  let k = 0
  const lines = sizes.flatMap((size) =>
    [16, 17, 18, 19].flatMap((b) =>
      [30, 31, 32, 33].flatMap((t) =>
        [-11.5, -10.5, -9.5, -8.5, -7.5, -6.5].map((rate) => {
          const loss = 3 - 0.1 * (t - 30) + 0.02 * (rate - best(b, t, size)) ** 2 + 0.002 * jitter(k++)
          return [2 ** rate, 2 ** b, 2 ** t, loss, size, `${size} ${b} ${rate}`].join(",")
        }),
      ),
    ),
  )
  return [`eta,batch,tokens,loss,${column},run_id`, ...lines].join("\n")
}

beforeAll(() => {
  writeFileSync(join(folder, "one.csv"), table([1e8], "n"))
  writeFileSync(join(folder, "sizes.csv"), table([1e8, 2e8, 4e8], "size"))
})

interface Estimate {
  readonly _tag: string
  readonly value: number
}
interface Predicted {
  readonly tokens: number
  readonly width?: number
  readonly size?: number
  readonly batch: Estimate
  readonly eta: Estimate
  readonly alternatives: ReadonlyArray<{ readonly form: string; readonly eta: Estimate }>
  readonly notes: ReadonlyArray<string>
  readonly published?: {
    readonly input: Readonly<Record<string, unknown>>
    readonly said: ReadonlyArray<{
      readonly law: { readonly id: string }
      readonly eta?: number
      readonly batch?: number
    }>
    readonly silent: ReadonlyArray<{ readonly missing: ReadonlyArray<string> }>
  }
  readonly next?: { readonly question: object; readonly proposals: ReadonlyArray<object> }
}

const predicted = async (...args: ReadonlyArray<string>): Promise<ReadonlyArray<Predicted>> => {
  const { code, stdout, stderr } = await run("predict", ...args, "--json")
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as ReadonlyArray<Predicted>
}

describe.concurrent("predict", () => {
  it("at a batch gives eta, what other possible forms would say, and published laws about the same run", async () => {
    const [p] = await predicted("one.csv", "--for", "2^35", "--for-batch", "2^20", "--for-size", "3e8")
    expect(Math.abs(Math.log2(p?.eta.value ?? 0) - best(20, 35, 1e8))).toBeLessThan(0.5)
    expect(p?.alternatives.length).toBeGreaterThan(0)
    expect(p?.notes).toContain("The law was fitted at one size: the size asked for does not enter.")
    const step = p?.published?.said.find(({ law }) => law.id === "step-law")
    // 1.79 N^-0.713 D^0.307 (Li et al. 2025)
    expect(step?.eta).toBeCloseTo(1.79 * 3e8 ** -0.713 * 2 ** (35 * 0.307), 10)
    expect(p?.published?.input).toMatchObject({ batch: 2 ** 20, reference: { batch: 2 ** 19, tokens: 2 ** 33 } })
    expect(p?.next?.question).toEqual({ about: "eta", tokens: 2 ** 35, batch: 2 ** 20, size: 3e8 })
  })

  it("in words", async () => {
    const { code, stdout, stderr } = await run("predict", "one.csv", "--for", "2^35", "--for-batch", "2^20")
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^predict {6}T = 2\^35: B = 2\^20, eta = 2\^-8\.\d = /)
    expect(stdout).toContain("Possible too: a ")
    expect(stdout).toMatch(/^published {4}what published laws would say of T = 2\^35, B = 2\^20/m)
    expect(stdout).toMatch(/^ {2}Time transfer, best batch {2,}B = 2\^20 /m)
    expect(stdout).toMatch(/^next runs {4}/m)
    expect(stdout).not.toMatch(/NaN|undefined/)
  })

  it("without a recommended batch speaks for the best one measured too", async () => {
    const [open, given] = await predicted("one.csv", "--for", "2^35")
    expect(open?.batch._tag).toBe("NotIdentified")
    expect(open?.eta._tag).toBe("NotIdentified")
    expect([2 ** 16, 2 ** 17, 2 ** 18, 2 ** 19]).toContain(given?.batch.value)
    expect(given?.eta._tag).toBe("Estimate")
  })

  it("follows the size where the law was fitted over sizes, and not with --no-sizes", async () => {
    const target = ["--for", "2^35", "--for-batch", "2^18"]
    const [large] = await predicted("sizes.csv", ...target, "--for-size", "800M")
    expect(large?.size).toBe(8e8)
    expect(Math.abs(Math.log2(large?.eta.value ?? 0) - best(18, 35, 8e8))).toBeLessThan(0.3)
    const [one] = await predicted(
      "sizes.csv",
      ...target,
      "--for-size",
      "8e8",
      "--no-sizes",
      "--model-size",
      "200000000",
    )
    expect(Math.abs(Math.log2(one?.eta.value ?? 0) - best(18, 35, 2e8))).toBeLessThan(0.3)
    expect(one?.notes).toContain("The law was fitted at one size: the size asked for does not enter.")
  })

  it("for a width says what it takes for granted", async () => {
    const [p] = await predicted("one.csv", "--for", "2^35", "--for-batch", "2^18", "--for-width", "4096")
    expect(p?.width).toBe(4096)
    expect(p?.notes.join(" ")).toContain("4096")
  })

  it("leaves published laws and next runs out on demand, and tells published laws what else is known", async () => {
    const target = ["one.csv", "--for", "2^35", "--for-batch", "2^18"]
    const [none] = await predicted(...target, "--no-published", "--next", "none")
    expect(none).not.toHaveProperty("published")
    expect(none).not.toHaveProperty("next")
    const known = ["--known", "reference.weightDecay=0.1", "--known", "noiseScale=2e6"]
    const [p] = await predicted(...target, ...known, "--next", "exponent")
    expect(p?.published?.input).toMatchObject({ noiseScale: 2e6, reference: { weightDecay: 0.1, batch: 2 ** 18 } })
    expect(p?.published?.silent.flatMap(({ missing }) => missing)).not.toContain("reference.weightDecay")
    expect(p?.next?.question).toEqual({ about: "exponent" })
  })

  it("takes the law that fit wrote, which holds its own predictions", async () => {
    const target = ["--for", "2^35", "--for-batch", "2^18"]
    const fitted = await run("fit", "one.csv", ...target, "--json")
    const law = JSON.parse(fitted.stdout) as {
      readonly forms: object
      readonly joint: object
      readonly predictions: object
    }
    expect(law.forms).toHaveProperty("scores")
    expect(law.joint).toHaveProperty("fits")
    writeFileSync(join(folder, "law.json"), fitted.stdout)
    expect(law.predictions).toEqual(await predicted("law.json", ...target))
  })
})

describe.concurrent("fit and report", () => {
  it("fit tells forms, published laws and next runs in words", async () => {
    const { code, stdout, stderr } = await run("fit", "one.csv", "--for", "2^35", "--for-batch", "2^18")
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^form {9}/m)
    expect(stdout).toMatch(/^ {2}form +verdict +held-out error +surprise +AIC +BIC +parameters$/m)
    expect(stdout).toMatch(/^published {4}/m)
    expect(stdout).toMatch(/^next runs {4}/m)
    const short = await run("fit", "one.csv", "--no-published", "--next", "none")
    expect(short.stdout).not.toMatch(/^(published|next runs) /m)
  })

  it("report writes them into the page", async () => {
    const { code, stdout, stderr } = await run("report", "one.csv", "--for", "2^35", "--file", "page.html", "--json")
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ report: "page.html" })
  })
})

describe.concurrent("what makes no sense ends with code 2", () => {
  const old = JSON.stringify({ version: 1, powerLaws: {}, cells: [] })
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, ...Array<string | RegExp>]> = [
    ["a size in words", ["--for-size", "big"], '--for-size: "big" is no number of parameters; write it as 7e9 or 350M'],
    ["a width of nothing", ["--for-width", "0"], "width is 0"],
    [
      "a field that no law asks for",
      ["--known", "weightDecay=1"],
      'no published law asks for "weightDecay"',
      "reference.weightDecay",
    ],
    ["a value that is no number", ["--known", "noiseScale=big"], '--known: noiseScale is "big", no number'],
    ["a value without meaning", ["--known", "noiseScale=-1"], "noiseScale is -1"],
    ["another question", ["--next", "loss"], "loss"],
  ]
  it.for(cases)("%s", async ([, flags, ...parts]) => {
    expectRefusal(await run("predict", "one.csv", "--for", "2^35", ...flags), 2, ...parts)
  })

  it("a law of an older version, with the way out", async () => {
    writeFileSync(join(folder, "old.json"), old)
    expectRefusal(
      await run("predict", "old.json", "--for", "2^35"),
      2,
      "old.json: This is no law of version 2 (its version is 1)",
      "time-transfer fit <study or runs> --json > old.json",
    )
  })
})
