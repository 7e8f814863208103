import { describe, expect, it } from "vitest"
import { reason, rises, rough } from "../test/profiles.ts"
import { profileMinimum } from "./profile.ts"

describe("a point", () => {
  it("keeps its run and seed, or has none", () => {
    const named = rough.map((p, i) => (i < 2 ? { ...p, runId: `run ${i}`, seed: i + 3 } : p))
    const { points } = profileMinimum(named)
    expect(points.map((p) => p.runId)).toEqual(["run 0", "run 1", "", "", ""])
    expect(points.map((p) => p.seed)).toEqual([3, 4, 0, 0, 0])
    expect(points.map(({ eta, loss }) => ({ eta, loss }))).toEqual(rough)
  })
})

describe("the grid alone", () => {
  it("says what is missing", () => {
    expect(reason(profileMinimum([]).eta)).toMatchObject({ reason: "no-data", points: 0 })
    expect(reason(profileMinimum([]).eta).message).toMatch(/^No readings/)
    const lost = profileMinimum([
      { eta: 0.25, loss: Number.NaN },
      { eta: 0.125, loss: Number.NaN },
    ])
    expect(reason(lost.eta)).toMatchObject({ reason: "no-data", points: 2 })
    expect(reason(lost.eta).message).toMatch(/2 diverged: eta 2\^-2, 2\^-3.*below 2\^-3/)
    const pruned = profileMinimum([{ eta: 0.25, loss: 3, status: "pruned" }])
    expect(reason(pruned.eta)).toMatchObject({ reason: "no-data", points: 1 })
    expect(reason(pruned.eta).message).toMatch(/^Every reading was pruned/)
    expect(reason(profileMinimum(rises([0, 1], [0, 1])).eta).message).toBe(
      "Only 2 sound learning rates: three are needed; add rates about 2^-8.",
    )
    expect(reason(profileMinimum(rises([0], [0])).eta).message).toMatch(/^Only 1 sound learning rate:/)
  })

  it("takes rates that diverged below the best, or at it, for no upper bound", () => {
    const falling = rises([-2, -1, 0], [2, 1, 0])
    const low = { eta: 2 ** -12, loss: Number.NaN }
    const same = { eta: 2 ** -8, loss: Number.NaN }
    for (const more of [[], [low], [low, same]]) {
      const { bound, message } = reason(profileMinimum([...falling, ...more]).eta)
      expect(bound).toEqual({ lower: expect.closeTo(2 ** -9, 12) })
      expect(message).toMatch(/add larger rates/)
    }
    const repeat = profileMinimum(
      [0.0005, 0.001, 0.0019, 0.0019].map((eta, i) => ({ eta, loss: [3, 2, 1, Number.NaN][i] })),
    )
    expect(Math.exp(Math.log(0.0019))).toBeLessThan(0.0019)
    expect(reason(repeat.eta).bound).toEqual({ lower: expect.closeTo(0.001, 12) })
    const high = [-4, -5].map((octave) => ({ eta: 2 ** octave, loss: Number.NaN }))
    const { bound, message } = reason(profileMinimum([...falling, low, ...high]).eta)
    expect(bound).toEqual({ lower: expect.closeTo(2 ** -9, 12), upper: 2 ** -5 })
    expect(message).toMatch(/the next, 2\^-5, diverged/)
  })

  it("bounds two minima by the rates about them, as far as there are any", () => {
    const of = (values: ReadonlyArray<number>) =>
      reason(
        profileMinimum(
          rises(
            values.map((_, i) => i),
            values,
          ),
          { noise: 0.01 },
        ).eta,
      )
    expect(of([3, 1, 0, 1, 0.01, 1, 3])).toMatchObject({
      reason: "two-minima",
      points: 7,
      bound: { lower: expect.closeTo(2 ** -7, 12), upper: expect.closeTo(2 ** -3, 12) },
    })
    expect(of([3, 1, 0.01, 1, 0, 1, 3]).bound).toEqual({
      lower: expect.closeTo(2 ** -7, 12),
      upper: expect.closeTo(2 ** -3, 12),
    })
    expect(of([0.01, 1, 0, 1]).bound).toEqual({
      lower: expect.closeTo(2 ** -8, 12),
      upper: expect.closeTo(2 ** -5, 12),
    })
    expect(of([1, 0, 1, 0.01]).bound).toEqual({
      lower: expect.closeTo(2 ** -8, 12),
      upper: expect.closeTo(2 ** -5, 12),
    })
  })

  it("takes the first of equal lowest losses", () => {
    const found = profileMinimum(rises([-1, 0, 1, 2], [1, 0, 0, 1]))
    expect(found.best).toEqual({ eta: expect.closeTo(2 ** -8, 12), loss: 2 })
  })
})
