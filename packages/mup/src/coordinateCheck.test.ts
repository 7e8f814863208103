import { describe, expect, it } from "vitest"
import { type CoordinateObservation, type CoordinateOptions, coordinateCheck, MupError } from "./index.ts"

const options: CoordinateOptions = { learningRate: 0.01, heldFixed: "head-size" }
const widths = [32, 64, 128, 256, 512]
const steps = [1, 2, 3]
const seeds = [1, 2, 3]

interface Layer {
  readonly layer?: string
  readonly kind?: CoordinateObservation["kind"]
  /** Exponent by step; the last one holds on. */
  readonly exponents: readonly number[]
  readonly noise?: number
  readonly atInit?: number
}

/** RMS = width^exponent, times a fixed scatter of the given size in ln RMS that differs by width, seed and step. */
const readings = ({ layer = "mlp", kind, exponents, noise = 0, atInit }: Layer): CoordinateObservation[] =>
  widths.flatMap((width) =>
    seeds.flatMap((seed) =>
      [...(atInit === undefined ? [] : [0]), ...steps].map((step) => {
        const exponent = step === 0 ? atInit! : exponents[Math.min(step, exponents.length) - 1]!
        const scatter = noise * Math.sin(width * 12.9898 + seed * 78.233 + step * 37.719)
        return { width, seed, step, layer, ...(kind ? { kind } : {}), rms: width ** exponent * Math.exp(scatter) }
      }),
    ),
  )

const verdictOf = (layer: Layer, more: Partial<CoordinateOptions> = {}) =>
  coordinateCheck(readings(layer), { ...options, ...more })

describe("the verdict", () => {
  it("passes flat layers and states its conditions", () => {
    const v = verdictOf({ exponents: [0.05], noise: 0.05, atInit: 0 })
    expect(v).toMatchObject({ verdict: "pass", learningRate: 0.01, heldFixed: "head-size", threshold: 0.15 })
    expect(v).toMatchObject({ confidence: 0.95, widths, seeds })
    expect(v.reasons).toEqual(["all 1 layers move alike at every width"])
    expect(v.layers[0]!.overall!.slope).toBeCloseTo(0.05, 1)
    expect(v.layers[0]!.overall!.points).toBe(15)
    expect(v.layers[0]!.steps.map((s) => s.step)).toEqual([1, 2, 3])
  })

  it.each([
    [0.14, "pass"],
    [0.16, "fail"],
    [-0.14, "pass"],
    [-0.16, "fail"],
  ])("draws the line at 0.15: exponent %d is a %s", (exponent, expected) => {
    const v = verdictOf({ exponents: [exponent], noise: 0.001 })
    expect(v.verdict).toBe(expected)
    expect(v.layers[0]!.reasons[0]).toContain(exponent < 0 ? "shrinks" : "grows")
  })

  it("takes another threshold and confidence", () => {
    expect(verdictOf({ exponents: [0.2], noise: 0.01 }, { threshold: 0.3 }).verdict).toBe("pass")
    const width = (confidence: number) => {
      const [low, high] = verdictOf({ exponents: [0], noise: 0.1 }, { confidence }).layers[0]!.overall!.interval
      return high - low
    }
    // t at 13 degrees of freedom: 3.012 and 1.771.
    expect(width(0.99) / width(0.9)).toBeCloseTo(3.012 / 1.771, 3)
  })

  it("is inconclusive where the scatter hides the slope", () => {
    const v = verdictOf({ exponents: [0], noise: 2.5 })
    expect(v.verdict).toBe("inconclusive")
    expect(v.reasons[0]).toMatch(/mlp: change .* too uncertain/)
  })

  it("fails a slope that is uncertain but beyond doubt", () => {
    const v = verdictOf({ exponents: [1.5], noise: 2.5 })
    const [low, high] = v.layers[0]!.overall!.interval
    expect(high - low).toBeGreaterThan(0.3)
    expect(v.verdict).toBe("fail")
  })

  it("does not let an average hide one step", () => {
    const v = verdictOf({ exponents: [0.4, -0.2, -0.2], noise: 0.01 })
    expect(Math.abs(v.layers[0]!.overall!.slope)).toBeLessThan(0.05)
    expect(v.verdict).toBe("fail")
    expect(v.reasons[0]).toContain("step 1 grows as width^0.4")
  })

  it("judges activations at initialisation, but not logits nor attention logits", () => {
    expect(verdictOf({ exponents: [0], atInit: 0.5 }).verdict).toBe("fail")
    expect(verdictOf({ exponents: [0], atInit: 0.5 }).reasons[0]).toContain("initialisation")
    for (const kind of ["logits", "attention-logits"] as const) {
      const v = verdictOf({ exponents: [0], atInit: -0.5, kind })
      expect(v.verdict).toBe("pass")
      expect(v.layers[0]!.atInit!.slope).toBeCloseTo(-0.5, 12)
      expect(verdictOf({ exponents: [-0.5], kind }).verdict).toBe("fail")
    }
  })

  it("puts the worst layer first: fail over inconclusive over pass", () => {
    const flat = readings({ layer: "a", exponents: [0] })
    const vague = readings({ layer: "b", exponents: [0], noise: 2.5 })
    const steep = readings({ layer: "c", exponents: [1] })
    expect(coordinateCheck([...flat, ...vague], options).verdict).toBe("inconclusive")
    const all = coordinateCheck([...flat, ...vague, ...steep], options)
    expect(all.verdict).toBe("fail")
    expect(all.layers.map((l) => l.verdict)).toEqual(["pass", "inconclusive", "fail"])
    expect(all.reasons.map((r) => r[0])).toEqual(["c", "c", "c", "c", "b"])
  })
})

describe("readings without a logarithm", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])("%d fails, and says where", (rms) => {
    const observations = readings({ exponents: [0] })
    observations[20] = { ...observations[20]!, rms }
    const v = coordinateCheck(observations, options)
    expect(v.verdict).toBe("fail")
    const { width, seed, step } = observations[20]!
    expect(v.reasons).toEqual([`mlp: not finite at width ${width}, seed ${seed}, step ${step}: ${rms}`])
  })

  it("a run that blew up may stop early", () => {
    const observations = readings({ exponents: [0] }).filter((o) => o.width < 512 || o.step < 3)
    const blown = observations.map((o) => (o.width === 512 && o.step === 2 ? { ...o, rms: Number.NaN } : o))
    expect(coordinateCheck(blown, options).verdict).toBe("fail")
  })

  it("leaves out a step at which nothing moves, as the first after a zeroed readout", () => {
    const v = coordinateCheck(
      readings({ exponents: [0] }).map((o) => (o.step === 1 ? { ...o, rms: 0 } : o)),
      options,
    )
    expect(v.verdict).toBe("pass")
    expect(v.layers[0]!.steps.map((s) => s.step)).toEqual([2, 3])
  })

  it("fails a layer that stands still at one width only", () => {
    const v = coordinateCheck(
      readings({ exponents: [0] }).map((o) => (o.width === 512 ? { ...o, rms: 0 } : o)),
      options,
    )
    expect(v.verdict).toBe("fail")
    expect(v.reasons[0]).toContain("stands still at width 512")
  })

  it("cannot tell of a layer that never moves", () => {
    const still = readings({ exponents: [0] }).map((o) => ({ ...o, rms: 0 }))
    expect(coordinateCheck(still, options)).toMatchObject({ verdict: "inconclusive" })
  })

  it("takes zero logits at initialisation", () => {
    const zeroed = readings({ exponents: [0], atInit: 0, kind: "logits" }).map((o) =>
      o.step === 0 ? { ...o, rms: 0 } : o,
    )
    expect(coordinateCheck(zeroed, options).verdict).toBe("pass")
  })
})

describe("refuses, naming field and value", () => {
  const good = readings({ exponents: [0], atInit: 0 })
  const replace = (change: object) => good.map((o, i) => (i === 5 ? ({ ...o, ...change } as CoordinateObservation) : o))
  it.each<[string, CoordinateObservation[], object, RegExp]>([
    ["no observations", [], {}, /observations is empty/],
    ["two widths", good.filter((o) => o.width < 128), {}, /layer "mlp" cover fewer than 3 widths \(found \[32,64\]\)/],
    ["only step 0", good.filter((o) => o.step === 0), {}, /stop at initialisation/],
    [
      "a missing step",
      good.filter((o) => o.width !== 64 || o.seed !== 2 || o.step !== 3),
      {},
      /lack step 3 for width 64/,
    ],
    ["a reading twice", [...good, good[7]!], {}, /twice for width 32, seed 2/],
    ["a negative RMS", replace({ rms: -1 }), {}, /observations\[5\]\.rms .*-1/],
    ["half a step", replace({ step: 0.5 }), {}, /observations\[5\]\.step .*0\.5/],
    ["width 0", replace({ width: 0 }), {}, /observations\[5\]\.width/],
    ["two kinds in a layer", replace({ kind: "logits" }), {}, /of kind "activation" elsewhere/],
    ["an unknown kind", replace({ kind: "loss" }), {}, /observations\[5\]\.kind/],
    ["a learning rate of 0", good, { learningRate: 0 }, /options\.learningRate/],
    ["nothing held fixed", good, { heldFixed: undefined }, /options\.heldFixed/],
    ["a negative threshold", good, { threshold: -1 }, /options\.threshold/],
    ["certainty", good, { confidence: 1 }, /options\.confidence/],
  ])("%s", (_, observations, change, message) => {
    const run = () => coordinateCheck(observations, { ...options, ...change } as CoordinateOptions)
    expect(run).toThrow(MupError)
    expect(run).toThrow(message)
  })
})
