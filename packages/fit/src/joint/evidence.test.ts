import { expect, it } from "vitest"
import { drawnEvidence } from "../../test/evidence.ts"
import { octaves, simulate } from "../../test/simulate.ts"
import { fitLaw } from "../fit-law.ts"
import { parseLaw, serializeLaw } from "../serialize.ts"
import { chooseCells, evidenceOfPoints } from "./evidence.ts"
import { evidenceOf, plainEvidence, solvedForm } from "./plain.ts"

const all = drawnEvidence(1, [1, 3, 2], { skewError: 0.1 })

it("keeps the cells asked for, with their covariances", () => {
  const keep = [1, 3, 4]
  const part = chooseCells(all, (cell) => keep.includes(cell))
  expect(part).toMatchObject({ cells: 3, skew: all.skew, skewError: all.skewError })
  for (const name of [
    "reference",
    "slope",
    "curvature",
    "slopeBySkew",
    "curvatureBySkew",
    "lnBatch",
    "lnTokens",
    "lnSize",
  ] as const)
    expect([...part[name]]).toEqual(keep.map((cell) => all[name][cell]))
  expect(part.blocks.map(({ first, cells }) => [first, cells])).toEqual([
    [0, 2],
    [2, 1],
  ])
  for (const name of ["slopes", "mixed", "curvatures"] as const) {
    const [, three, two] = all.blocks.map((block) => block[name])
    expect([...part.blocks[0][name]]).toEqual([three[0], three[2], three[6], three[8]])
    expect([...part.blocks[1][name]]).toEqual([two[0]])
  }
  expect(chooseCells(all, () => true)).toEqual(all)
  expect(chooseCells(all, () => false)).toMatchObject({ cells: 0, blocks: [] })
})

it("takes located optima for slopes that vanish there with that error", () => {
  const points = evidenceOfPoints([
    { batch: 64, tokens: 1000, eta: 0.01, error: 0.1 },
    { batch: 128, tokens: 2000, eta: 0.02, error: 0 },
  ])
  expect(points).toMatchObject({ cells: 2, skew: 0, skewError: 0 })
  expect([...points.reference]).toEqual([Math.log(0.01), Math.log(0.02)])
  expect([...points.slope, ...points.slopeBySkew, ...points.curvatureBySkew, ...points.lnSize]).toEqual(
    new Array(8).fill(0),
  )
  expect([...points.curvature]).toEqual([1, 1])
  expect([...points.lnBatch]).toEqual([Math.log(64), Math.log(128)])
  expect([...points.lnTokens]).toEqual([Math.log(1000), Math.log(2000)])
  expect(points.blocks.map((b) => [b.first, b.cells, ...b.slopes, ...b.mixed, ...b.curvatures])).toEqual([
    [0, 1, 0.1 ** 2, 0, 0],
    [1, 1, 0, 0, 0],
  ])
})

it("survives being plain data", () => {
  expect(evidenceOf(JSON.parse(JSON.stringify(plainEvidence(all))))).toEqual(all)
})

it("is part of a law, which solves its forms again", () => {
  const rows = simulate(
    { peakBatch: (t) => 2 ** 9 * (t / 2 ** 17) ** 0.6, peakEta: () => 2 ** -7, noise: 0.003 },
    { batches: octaves(6, 11), horizons: octaves(15, 18), etas: octaves(-11, -4, 0.5) },
    1,
  )
  const { joint } = parseLaw(serializeLaw(fitLaw(rows, { resamples: 0 })))
  if (joint === undefined) throw new Error("no joint law")
  const bell = solvedForm(joint, "bell")
  expect([...(bell?.parameters ?? [])]).toEqual(joint.fits.bell?.parameters)
  expect(bell).toMatchObject({ misfit: joint.fits.bell?.misfit, problem: { terms: joint.terms, origin: joint.origin } })
  const { bell: _, ...others } = joint.fits
  expect(solvedForm({ ...joint, fits: others }, "bell")).toBeUndefined()
  // A scatter about the law has the degrees of freedom of the cells, where those are fewer.
  const fit = { parameters: [0, 0, 0, 0], misfit: 1, degrees: 7 }
  const degrees = (scatter: number, noiseDegrees: number) =>
    solvedForm({ ...joint, noiseDegrees, fits: { bell: { ...fit, scatter } } }, "bell")?.degrees
  expect([degrees(0, 40), degrees(0.1, 40), degrees(0.1, 5), degrees(0, Infinity)]).toEqual([40, 7, 5, Infinity])
  expect(solvedForm({ ...joint, fits: { bell: { ...fit, scatter: 0.3 } } }, "bell")?.problem.scatter).toBeCloseTo(0.09)
})
