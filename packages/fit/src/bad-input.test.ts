import { describe, expect, it } from "vitest"
import { octaves, simulate, type Truth } from "../test/simulate.ts"
import { fitLaw } from "./fit-law.ts"
import type { FitOptions, Law } from "./law.ts"
import { predict } from "./predict.ts"
import type { RowLike } from "./row.ts"
import { parseLaw, serializeLaw } from "./serialize.ts"
import { InvalidRowError } from "./validate.ts"

const truth: Truth = { peakBatch: () => 2 ** 9, peakEta: () => 2 ** -7, noise: 0.003 }
const full = simulate(truth, { batches: octaves(8, 11), horizons: octaves(15, 17), etas: octaves(-10, -4) }, 1)

/** Everything in a law or a prediction that claims to be a number. */
const wrongs = (value: unknown, path = ""): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null) return []
  const entry = value as Record<string, unknown>
  const here: Array<string> = []
  if (entry["_tag"] === "Estimate") {
    if (!Number.isFinite(entry["value"])) here.push(`${path}: value ${String(entry["value"])}`)
    const error = entry["standardError"]
    if (typeof error === "number" && !(error >= 0)) here.push(`${path}: error ${error}`)
    const interval = entry["interval"] as { low: number; high: number; level: number } | undefined
    if (interval !== undefined && !(interval.low <= interval.high)) here.push(`${path}: ${JSON.stringify(interval)}`)
    // An exact study has an interval of one number, up to its last digits.
    const value = entry["value"] as number
    const slack = 1e-12 * Math.abs(value) + 1e-25
    if (interval !== undefined && !(value >= interval.low - slack && value <= interval.high + slack))
      here.push(`${path}: ${String(entry["value"])} outside ${interval.low} to ${interval.high}`)
  }
  if (entry["_tag"] === "NotIdentified") {
    if (
      typeof entry["message"] !== "string" ||
      entry["message"] === "" ||
      /NaN|undefined/.test(entry["message"] as string)
    )
      here.push(`${path}: message ${String(entry["message"])}`)
    for (const side of Object.values((entry["bound"] ?? {}) as Record<string, number>))
      if (Number.isNaN(side)) here.push(`${path}: bound NaN`)
  }
  return [...here, ...Object.entries(entry).flatMap(([key, inner]) => wrongs(inner, `${path}.${key}`))]
}

/** Fits, asks and writes down; nothing may crash, and nothing may claim what is no number. */
const sound = (rows: ReadonlyArray<RowLike>, options: FitOptions = {}): Law => {
  const law = fitLaw(rows, { resamples: 5, ...options })
  expect(wrongs(law)).toEqual([])
  const { batch, tokens } = rows[0] ?? { batch: 64, tokens: 1000 }
  for (const target of [
    { tokens },
    { tokens, batch },
    { tokens: 64 * tokens, batch },
    { tokens: 64 * tokens, batch: 3 * batch },
    { tokens: 0.01 * tokens, batch: 1e3 * batch, width: 128, size: 1e9 },
  ])
    if (Object.values(target).every(Number.isFinite)) expect(wrongs(predict(law, target))).toEqual([])
  // Minus zero and absent fields are no difference.
  const text = serializeLaw(law)
  expect(serializeLaw(parseLaw(text))).toBe(text)
  return law
}

const changed = (change: (row: RowLike, i: number) => Partial<RowLike>): ReadonlyArray<RowLike> =>
  full.map((row, i) => ({ ...row, ...change(row, i) }))

const noises: ReadonlyArray<FitOptions> = [{}, { noise: 0.003 }, { noise: 0 }, { noise: 1e3 }, { sharedNoise: 1 }]

describe("too little of something", () => {
  it("one or two rates, batches or horizons", () => {
    for (const options of noises)
      for (const field of ["eta", "batch", "tokens"] as const)
        for (const count of [1, 2]) {
          const values = [...new Set(full.map((row) => row[field]))].slice(2, 2 + count)
          const law = sound(
            full.filter((row) => values.includes(row[field])),
            options,
          )
          if (field === "eta")
            for (const cell of law.cells) expect(cell.eta).toMatchObject({ reason: "too-few-points" })
          if (field === "batch")
            for (const bell of law.bells) expect(bell.peakBatch).toMatchObject({ reason: "too-few-batches" })
          if (field === "tokens") expect(law.powerLaws.peakBatch.exponent).toMatchObject({ reason: "too-few-horizons" })
        }
  })

  it("two of each", () => {
    for (const options of noises) {
      const law = sound(
        simulate(truth, { batches: [256, 512], horizons: [2 ** 15, 2 ** 16], etas: [2 ** -8, 2 ** -7] }, 1),
        options,
      )
      expect(law.joint).toBeUndefined()
    }
  })

  it("no rows, one, two or three", () => {
    for (const options of noises)
      for (const count of [0, 1, 2, 3]) {
        const law = sound(full.slice(0, count), options)
        expect(law.summary.rows).toBe(count)
        expect(law.cells.some((cell) => cell.eta._tag === "Estimate")).toBe(false)
      }
    const three = full.filter((row) => row.batch === 512 && row.tokens === 2 ** 15).slice(2, 5)
    expect(sound(three, { noise: 0.003 }).cells).toHaveLength(1)
  })
})

describe("losses that are no losses", () => {
  it("NaN and infinite here and there, and everywhere", () => {
    for (const bad of [NaN, Infinity, -Infinity])
      for (const options of noises) {
        const some = sound(
          changed((row, i) => ({ loss: i % 7 === 0 ? bad : row.loss })),
          options,
        )
        expect(some.summary.reasons).toMatchObject([{ reason: "diverged", rows: 12 }])
        if (options.noise !== 1e3) expect(some.cells.some((cell) => cell.eta._tag === "Estimate")).toBe(true)
        const none = sound(
          changed(() => ({ loss: bad })),
          options,
        )
        expect(none.summary.used).toBe(0)
        for (const cell of none.cells) expect(cell.eta).toMatchObject({ reason: "no-data" })
      }
  })

  it("zero and negative ones", () => {
    for (const options of noises) {
      sound(
        changed((row) => ({ loss: row.loss - 4 })),
        options,
      )
      sound(
        changed((row, i) => ({ loss: i % 5 === 0 ? 0 : row.loss })),
        options,
      )
      sound(
        changed((row) => ({ loss: -row.loss })),
        options,
      )
      sound(
        changed(() => ({ loss: 0 })),
        options,
      )
    }
  })

  it("equal everywhere", () => {
    for (const options of noises) {
      const law = sound(
        changed(() => ({ loss: 2.5 })),
        options,
      )
      expect(law.cells.some((cell) => cell.eta._tag === "Estimate")).toBe(false)
      expect(law.bells.some((bell) => bell.peakBatch._tag === "Estimate")).toBe(false)
    }
  })

  it("upside down, or in a straight line", () => {
    for (const options of noises) {
      const hill = sound(
        changed((row) => ({ loss: 3 - 0.05 * Math.log(row.eta * 128) ** 2 })),
        options,
      )
      expect(hill.bells.some((bell) => bell.peakBatch._tag === "Estimate")).toBe(false)
      for (const slope of [-0.1, 0.1]) {
        const line = sound(
          changed((row) => ({ loss: 4 + slope * Math.log(row.eta) })),
          options,
        )
        expect(line.cells.some((cell) => cell.eta._tag === "Estimate")).toBe(false)
      }
    }
  })

  it("huge and tiny", () => {
    for (const scale of [1e-300, 1e-30, 1e30, 1e150, 1e300])
      for (const options of [{}, { noise: 0.003 }, { noise: 0.003 * Math.min(scale, 1e200) }])
        sound(
          changed((row) => ({ loss: scale * row.loss })),
          options,
        )
  })

  it("of diverged and pruned runs only", () => {
    for (const status of ["diverged", "pruned"] as const)
      for (const options of noises) {
        const law = sound(
          changed(() => ({ status })),
          options,
        )
        expect(law.summary).toMatchObject({ used: 0, reasons: [{ reason: status }] })
      }
  })
})

describe("rates, batches and horizons that differ by next to nothing, or by everything", () => {
  it("rates that differ by 1e-12 are one", () => {
    for (const options of noises) {
      const law = sound(
        full.map((row, i) => ({ ...row, runId: `${i}`, eta: 0.01 * (1 + 1e-12 * Math.round(Math.log2(row.eta))) })),
        options,
      )
      for (const cell of law.cells) expect(cell.eta).toMatchObject({ reason: "too-few-points" })
    }
  })

  it("batches and horizons that do are no range to fit a law over", () => {
    for (const options of noises) {
      const batches = sound(
        changed((row) => ({ batch: 512 * (1 + 1e-12 * Math.round(Math.log2(row.batch))) })),
        options,
      )
      expect(batches.bells.some((bell) => bell.peakBatch._tag === "Estimate")).toBe(false)
      sound(
        changed((row) => ({ tokens: 2 ** 17 * (1 + 1e-12 * Math.round(Math.log2(row.tokens))) })),
        options,
      )
    }
  })

  it("a batch of 1e300 tokens, a rate of 1e-300, a horizon of 1e-300", () => {
    for (const options of noises.slice(0, 2)) {
      sound(
        changed((row) => ({ batch: 1e300 * (row.batch / 2 ** 9) })),
        options,
      )
      sound(
        changed((row) => ({ eta: 1e-300 * row.eta })),
        options,
      )
      sound(
        changed((row) => ({ tokens: 1e-300 * row.tokens })),
        options,
      )
      sound(
        changed((row) => ({ tokens: 1e300 * (row.tokens / 2 ** 17), batch: 1e-300 * row.batch })),
        options,
      )
      sound([...full, { tokens: 1e300, batch: 1e300, eta: 1e300, loss: 1e300 }], options)
      sound([...full, { tokens: 5e-324, batch: 5e-324, eta: 5e-324, loss: 5e-324 }], options)
      sound(
        full.map((row, i) => ({ ...row, eta: i % 2 === 0 ? row.eta : 1e-250 * row.eta })),
        options,
      )
    }
  })

  it("what is no positive number at all is an error", () => {
    for (const [field, value] of [
      ["eta", 0],
      ["eta", -1],
      ["eta", NaN],
      ["batch", Infinity],
      ["tokens", 0],
      ["batch", "64"],
      ["loss", null],
      ["size", -1],
    ] as const)
      expect(() => fitLaw([full[0], { ...full[1], [field]: value } as unknown as RowLike])).toThrow(InvalidRowError)
  })
})

describe("rows that do not belong together", () => {
  it("duplicates", () => {
    for (const options of noises) {
      const once = fitLaw(full, { resamples: 0, ...options })
      const law = sound([...full, ...full, ...full], { ...options, resamples: 0 })
      expect(law.cells.map((cell) => cell.eta)).toEqual(once.cells.map((cell) => cell.eta))
      expect(law.joint).toEqual(once.joint)
    }
  })

  it("mixed widths, sizes and averages", () => {
    for (const options of [
      ...noises,
      { sizes: true },
      { sizes: false },
      { width: 64 },
      { size: 1e6 },
      { average: "ema" },
    ]) {
      sound(
        changed((_, i) => ({
          width: [0, 64, 128][i % 3],
          size: [0, 1e6, 3e6][(i >> 1) % 3],
          average: ["none", "ema"][(i >> 2) % 2],
        })),
        options,
      )
      const sizes = simulate(truth, { batches: octaves(7, 11), horizons: octaves(15, 18), etas: octaves(-10, -4) }, 2)
      sound(
        [
          ...full.map((row) => ({ ...row, width: 0, size: 1e6 })),
          ...sizes.map((row) => ({ ...row, width: 0, size: 4e6, runId: `${row.runId} large` })),
        ],
        options,
      )
      sound(
        changed((_, i) => ({ width: i + 1 })),
        options,
      )
      sound(
        changed((_, i) => ({ runId: "all one", seed: i % 2 })),
        options,
      )
    }
  })

  it("steps that are missing from some", () => {
    sound(changed((row, i) => (i % 2 === 0 ? { steps: row.tokens / row.batch, warmupSteps: 10 } : {})))
    sound(changed(() => ({ steps: 10, warmupSteps: 1000 })))
    sound(changed(() => ({ steps: 0 })))
    sound(changed(() => ({ initialLoss: 0 })))
    sound(changed(() => ({ initialLoss: NaN })))
  })
})
