import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { type LocalRecoveryOptions, localRecovery, type RecoveryBranch } from "./local-recovery.ts"
import { isEstimate } from "./result.ts"
import { InvalidOptionError } from "./validate.ts"

const options: LocalRecoveryOptions = { batch: 2 ** 10, within: 2 ** 20, smoothing: 1 }

/** One reading, at the end of the window. */
const at = (losses: Readonly<Record<number, number>>): ReadonlyArray<RecoveryBranch> =>
  Object.entries(losses).map(([factor, loss]) => ({
    factor: Number(factor),
    readings: [{ tokens: 2 ** 20, loss }],
  }))

describe("localRecovery by its definition", () => {
  it("is the largest batch within the tolerance of all smaller ones, and its range ends at the next", () => {
    const found = localRecovery(at({ 1: 3, 2: 2.997, 4: 3.004, 8: 3.02, 16: 3.1 }), options)
    expect(found.batch).toMatchObject({ _tag: "Estimate", value: 4 * 2 ** 10, interval: undefined, n: 5, notes: [] })
    expect(found.range).toEqual([4 * 2 ** 10, 8 * 2 ** 10])
    expect(found.branches.map((b) => b.recovers)).toEqual([true, true, true, false, false])
    // Compared with the lowest of the smaller ones, not with the baseline.
    expect(found.branches[2].excess).toBeCloseTo(0.007, 12)
  })

  it("compares with every smaller batch: one that only matches the baseline fails", () => {
    const { batch } = localRecovery(at({ 1: 3, 2: 2.98, 4: 2.995, 8: 3.2 }), options)
    expect(isEstimate(batch) && batch.value).toBe(2 * 2 ** 10)
  })

  it("takes the largest that recovers, and says that a smaller one did not", () => {
    const { batch } = localRecovery(at({ 1: 3, 2: 3.02, 4: 3.005, 8: 3.2 }), options)
    expect(batch).toMatchObject({ value: 4 * 2 ** 10, notes: ["k = 2 fails though the larger k = 4 recovers."] })
  })

  it("follows the tolerance", () => {
    const branches = at({ 1: 3, 2: 3.02, 4: 3.04, 8: 3.2 })
    const { batch } = localRecovery(branches, { ...options, tolerance: 0.05 })
    expect(isEstimate(batch) && batch.value).toBe(4 * 2 ** 10)
  })

  it("smooths with the newest reading weighted by half: (x1 + x2 + 2 x3) / 4", () => {
    const branch = (factor: number, losses: ReadonlyArray<number>): RecoveryBranch => ({
      factor,
      readings: losses.map((loss, i) => ({ tokens: 2 ** 20 - (losses.length - 1 - i) * 2 ** 12, loss })),
    })
    const { branches } = localRecovery([branch(1, [3, 3, 3]), branch(2, [3.4, 3.2, 3.1])], {
      batch: 2 ** 10,
      within: 2 ** 20,
    })
    expect(branches[1].loss).toBeCloseTo((3.4 + 3.2 + 2 * 3.1) / 4, 12)
  })

  it("averages repeats of a factor", () => {
    const { branches } = localRecovery([...at({ 1: 3, 2: 3.1 }), ...at({ 2: 3.2 })], options)
    expect(branches[1].loss).toBeCloseTo(3.15, 12)
  })

  it("reads each branch at the step that ends the window, and leaves out what was not read there", () => {
    const found = localRecovery(
      [
        { factor: 1, readings: [{ tokens: 2 ** 20, loss: 3 }] },
        // The first step of 3 * 2^10 tokens at or after 2^20, and a later reading that must not count.
        {
          factor: 3,
          readings: [
            { tokens: 342 * 3 * 2 ** 10, loss: 3.001 },
            { tokens: 2 ** 21, loss: 9 },
          ],
        },
        { factor: 8, readings: [{ tokens: 2 ** 19, loss: 3 }] },
        { factor: 16, readings: [{ tokens: 2 ** 20, loss: 4 }] },
      ],
      options,
    )
    expect(found.batch).toMatchObject({
      value: 3 * 2 ** 10,
      notes: ["Not read at the end of the window, so left out: k = 8."],
    })
    expect(found.branches.map((b) => b.factor)).toEqual([1, 3, 16])
  })

  it("counts a diverged branch as one that does not recover", () => {
    const { batch, branches } = localRecovery(
      [...at({ 1: 3, 2: 3 }), { factor: 4, readings: [{ tokens: 2 ** 12, loss: Number.NaN }] }],
      options,
    )
    expect(batch).toMatchObject({ value: 2 * 2 ** 10 })
    expect(branches[2]).toMatchObject({ loss: Infinity, recovers: false })
    const below = localRecovery([...at({ 0.5: Number.NaN, 1: 3, 2: 3.1 })], options)
    expect(below.batch).toMatchObject({ reason: "reference-too-large", bound: { upper: 2 * 2 ** 10 } })
    expect(below.range).toEqual([0, 2 * 2 ** 10])
    expect(below.branches[0].recovers).toBe(false)
  })
})

describe("what branches do not say", () => {
  it.each([
    ["no branch", [], "no-data", undefined],
    ["no baseline", at({ 2: 3, 4: 3 }), "not-measured", undefined],
    ["a diverged baseline", at({ 1: Number.NaN, 2: 3 }), "not-measured", undefined],
    ["the baseline alone", at({ 1: 3 }), "too-few-batches", undefined],
    ["no recovery", at({ 1: 3, 2: 3.1, 4: 3.2 }), "reference-too-large", { upper: 2 * 2 ** 10 }],
    ["recovery throughout", at({ 1: 3, 2: 3.001, 4: 3.002 }), "not-reached", { lower: 4 * 2 ** 10 }],
  ] as const)("%s", (_, branches, reason, bound) => {
    const { batch } = localRecovery(branches, options)
    expect(batch).toMatchObject({ _tag: "NotIdentified", reason, ...(bound === undefined ? {} : { bound }) })
    if (!isEstimate(batch) && bound === undefined) expect(batch.bound).toBeUndefined()
  })

  it("refuses options and readings that mean nothing", () => {
    const branches = at({ 1: 3, 2: 3 })
    for (const bad of [
      { batch: 0 },
      { within: -1 },
      { tolerance: Number.NaN },
      { smoothing: 0 },
      { sharedNoise: 2 },
      { noise: -1 },
      { level: 1 },
    ])
      expect(() => localRecovery(branches, { ...options, ...bad })).toThrow(InvalidOptionError)
    expect(() => localRecovery([{ factor: 0, readings: [] }], options)).toThrow(/branches\[0\]\.factor is 0/)
    const back = [2, 1].map((tokens) => ({ tokens, loss: 3 }))
    expect(() => localRecovery([{ factor: 1, readings: back }], options)).toThrow(/readings\[1\]\.tokens is 1/)
  })
})

describe("with a noise", () => {
  const branches = at({ 1: 3, 2: 3.001, 4: 3.008, 8: 3.014, 16: 3.1 })

  it("says which verdicts it leaves open, and widens the range by them", () => {
    const found = localRecovery(branches, { ...options, noise: 0.002 })
    // Standard error of a difference 0.0028, so 0.0047 to be sure once: 4 and 8 are within it of the tolerance.
    expect(found.branches.map((b) => b.told)).toEqual([true, true, false, false, true])
    expect(found.range).toEqual([2 * 2 ** 10, 16 * 2 ** 10])
    expect(found.batch).toMatchObject({ value: 4 * 2 ** 10 })
    expect(isEstimate(found.batch) && found.batch.notes[0]).toContain("k = 4, 8")
  })

  it("agrees with the losses as they are where the noise vanishes", () => {
    const found = localRecovery(branches, { ...options, noise: 1e-9 })
    expect(found.range).toEqual(localRecovery(branches, options).range)
    expect(found.branches.every((b) => b.told)).toBe(true)
  })

  it("is not identified where the noise hides the tolerance", () => {
    const { batch, range } = localRecovery(branches, { ...options, noise: 0.2 })
    expect(batch).toMatchObject({ _tag: "NotIdentified", reason: "ill-conditioned" })
    expect(range).toEqual([0, Infinity])
  })

  it("bounds from below only by what surely recovers", () => {
    const { batch } = localRecovery(at({ 1: 3, 2: 3, 4: 3.009 }), { ...options, noise: 0.002 })
    expect(batch).toMatchObject({ reason: "not-reached", bound: { lower: 2 * 2 ** 10 } })
  })

  // By definition the largest k within 0.01 of all smaller is 4; in the second it and its neighbours are a hair's breadth away.
  it.each([
    [[0, 0.002, 0.006, 0.014, 0.03], 0.5],
    [[0, 0.0002, 0.0099, 0.0101, 0.0102], 0],
  ])("has a range that holds the true step at least as often as it says: %j", (excesses, informative) => {
    const truth = excesses.map((excess, i) => [2 ** i, 3 + excess] as const)
    const draws = sequence(random(5, "local recovery"))
    const noise = 0.003
    const studies = 600
    let held = 0
    let narrow = 0
    for (let study = 0; study < studies; study++) {
      const noisy = truth.map(([factor, loss]): RecoveryBranch => {
        const trunk = Math.SQRT1_2 * noise * draws.normal()
        return {
          factor,
          readings: [1, 2, 3, 4].map((i) => ({
            tokens: 2 ** 20 - (4 - i) * 2 ** 15,
            loss: loss + trunk + Math.SQRT1_2 * noise * draws.normal(),
          })),
        }
      })
      const { range } = localRecovery(noisy, { batch: 2 ** 10, within: 2 ** 20, noise })
      const [low, high] = range ?? [0, 0]
      if (low <= 4 * 2 ** 10 && 4 * 2 ** 10 < high) held++
      if (low > 0 && high < Infinity) narrow++
    }
    // Three standard errors below 90 % of 600 studies.
    expect(held / studies).toBeGreaterThan(0.863)
    expect(narrow / studies).toBeGreaterThanOrEqual(informative)
  })
})
