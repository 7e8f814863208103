import { describe, expect, it } from "vitest"
import { type CoordinateObservation, coordinateCheck, type Kind } from "../src/index.ts"
import { logLogSlope } from "../src/logLogSlope.ts"
import { type Training, train } from "./linearNetwork.ts"

const widths = [32, 64, 128, 256, 512]
const base: Omit<Training, "parametrisation" | "width"> = {
  baseWidth: 64,
  depth: 1,
  baseDepth: 1,
  optimizer: "adam",
  lr: 2 ** -7,
  eps: 1e-12,
  steps: 4,
  seed: 1,
  zeroReadout: true,
}

const observe = (kind: Kind, changes: Partial<Training> = {}): CoordinateObservation[] =>
  widths.flatMap((width) =>
    [1, 2].flatMap((seed) => train({ ...base, ...changes, parametrisation: { kind }, width, seed }).observations),
  )

const check = (kind: Kind, changes: Partial<Training> = {}) =>
  coordinateCheck(observe(kind, changes), { learningRate: changes.lr ?? base.lr, heldFixed: "not-applicable" })

describe("the same network at widths 32 to 512, trained a few steps", () => {
  it("moves alike under muP with Adam, at every layer", () => {
    const verdict = check("mup")
    expect(verdict.verdict, verdict.reasons.join("; ")).toBe("pass")
    for (const layer of verdict.layers) expect(Math.abs(layer.overall!.slope)).toBeLessThan(0.05)
  })

  it("does not under the standard parametrisation: hidden activations and logits grow with width", () => {
    const verdict = check("standard")
    expect(verdict.verdict).toBe("fail")
    const named = Object.fromEntries(verdict.layers.map((l) => [l.layer, l]))
    expect(named["last block"]!.verdict).toBe("fail")
    expect(named["logits"]!.verdict).toBe("fail")
    // The first logit change is the readout's own: Adam's unit steps add up over the width, exponent 1.
    expect(named["logits"]!.steps[0]!.slope).toBeCloseTo(1, 1)
  })

  it("moves alike under muP with a random readout, whose initial logits shrink and are exempt", () => {
    const verdict = check("mup", { zeroReadout: false })
    expect(verdict.verdict, verdict.reasons.join("; ")).toBe("pass")
    const { slope } = verdict.layers.find((l) => l.layer === "logits")!.atInit!
    expect(Math.abs(slope + 0.5)).toBeLessThan(0.15)
  })

  it("moves alike under muP with SGD, and not under the standard parametrisation", () => {
    const sgd = { optimizer: "sgd", lr: 0.05 } as const
    expect(check("mup", sgd).verdict).toBe("pass")
    expect(check("standard", sgd).verdict).toBe("fail")
  })

  it("takes an epsilon as large as the gradients, because the plan scales it with them", () => {
    expect(check("mup", { eps: 1e-2 }).verdict).toBe("pass")
    // Of fixed size it holds back the wide networks, whose gradients are small.
    expect(check("mup", { eps: 1e-2, fixedEps: true }).verdict).toBe("fail")
  })

  it.each(["adam", "sgd"] as const)(
    "moves alike with tied embeddings and %s: an input's rate, the readout's factor",
    (optimizer) => {
      const tied = { tied: true, optimizer, lr: optimizer === "sgd" ? 0.02 : base.lr }
      const verdict = check("mup", tied)
      expect(verdict.verdict, verdict.reasons.join("; ")).toBe("pass")
      expect(check("standard", tied).verdict).toBe("fail")
    },
  )

  it("has gradients that shrink as the epsilon multiplier: 1/r for every tensor", () => {
    for (const tensor of ["in", "block0", "out"]) {
      const points = widths.flatMap((width) =>
        [1, 2, 3].map((seed) => {
          const run = { ...base, parametrisation: { kind: "mup" } as const, width, seed, steps: 0, zeroReadout: false }
          return { x: width, lnY: Math.log(train(run).gradientRms.get(tensor)!) }
        }),
      )
      expect(Math.abs(logLogSlope(points, 0.95).slope + 1)).toBeLessThan(0.15)
    }
  })
})
