import { describe, expect, it } from "vitest"
import type { Parametrisation } from "../src/index.ts"
import { logLogSlope } from "../src/logLogSlope.ts"
import { type Training, train } from "./linearNetwork.ts"

const depths = [4, 8, 16, 32, 64]
const seeds = [1, 2, 3, 4]

const run = (parametrisation: Parametrisation, depth: number, changes: Partial<Training>) =>
  train({
    parametrisation,
    width: 32,
    baseWidth: 32,
    depth,
    baseDepth: 4,
    optimizer: "adam",
    lr: 2 ** -9,
    eps: 1e-12,
    steps: 2,
    seed: 1,
    zeroReadout: true,
    ...changes,
  })

/** Exponent in depth of the change, at step 2, of what all blocks together add to the residual stream. */
const exponent = (parametrisation: Parametrisation, changes: Partial<Training> = {}): number =>
  logLogSlope(
    depths.flatMap((depth) =>
      seeds.map((seed) => {
        const { observations } = run(parametrisation, depth, { seed, ...changes })
        return { x: depth, lnY: Math.log(observations.find((o) => o.step === 2 && o.layer === "blocks")!.rms) }
      }),
    ),
    0.95,
  ).slope

describe("the same network at depths 4 to 64, trained two steps", () => {
  const sgd = { optimizer: "sgd", lr: 0.02 } as const

  it.each([1, 0.5])("moves alike under CompleteP with Adam and alpha %d", (alpha) => {
    expect(Math.abs(exponent({ kind: "completep", alpha }))).toBeLessThan(0.15)
  })

  it.each([1, 0.5])("moves alike under CompleteP with SGD and alpha %d", (alpha) => {
    expect(Math.abs(exponent({ kind: "completep", alpha }, sgd))).toBeLessThan(0.15)
  })

  it("does not under muP alone", () => {
    expect(exponent({ kind: "mup" })).toBeGreaterThan(0.8)
    expect(exponent({ kind: "mup" }, sgd)).toBeGreaterThan(0.8)
  })

  it("has block gradients that shrink as m^-alpha, and others that do not: the epsilon rule", () => {
    const slope = (tensor: string) =>
      logLogSlope(
        depths.flatMap((depth) =>
          seeds.map((seed) => {
            const r = run({ kind: "completep" }, depth, { seed, steps: 0, zeroReadout: false })
            return { x: depth, lnY: Math.log(r.gradientRms.get(tensor)!) }
          }),
        ),
        0.95,
      ).slope
    expect(Math.abs(slope("block1") + 1)).toBeLessThan(0.15)
    expect(Math.abs(slope("in"))).toBeLessThan(0.15)
    expect(Math.abs(slope("out"))).toBeLessThan(0.15)
  })
})
