/** The studies that both sides analyse: drawn from known laws, see ../calibration/simulate.ts. */
import type { FitOptions, Row } from "../../packages/fit/src/index.ts"
import { random, type Sequence, sequence } from "../../packages/random/src/index.ts"
import { drawStudy, type Setup } from "../calibration/draw.ts"
import { curvatureAt, lnBestRate, simulate, type Truth } from "../calibration/simulate.ts"

export interface NamedStudy {
  readonly name: string
  readonly rows: ReadonlyArray<Row>
  readonly options: FitOptions
}

const draw = (name: string, setup: Setup): { readonly rows: ReadonlyArray<Row>; readonly truth: Truth } => {
  const draws = sequence(random(1, name))
  const study = drawStudy(setup, draws)
  return { rows: simulate(study, draws), truth: study.truth }
}

/** Moves the optimum of every cell by a normal draw of this deviation in ln eta: the law then holds up to a scatter. */
const wandering = (rows: ReadonlyArray<Row>, truth: Truth, deviation: number, draws: Sequence): ReadonlyArray<Row> => {
  const moves = new Map<string, number>()
  return rows.map((row) => {
    const key = `${row.batch} ${row.tokens}`
    const move = moves.get(key) ?? deviation * draws.normal()
    moves.set(key, move)
    const z = Math.log(row.eta) - lnBestRate(truth, row.batch, row.tokens)
    return { ...row, loss: row.loss - curvatureAt(truth, row.batch, row.tokens) * move * z }
  })
}

/** Small enough for dense matrices over all readings. */
export const studiesToCheck = (): ReadonlyArray<NamedStudy> => {
  const asymmetric: Setup = { asymmetric: true }
  const scattered = draw("scattered optima", { side: 4 })
  return [
    { name: "one seed", rows: draw("one seed", asymmetric).rows, options: {} },
    {
      name: "two seeds, noise supplied",
      rows: draw("two seeds", { ...asymmetric, batches: [8, 10, 12, 14], seeds: 2 }).rows,
      options: { noise: 0.003 },
    },
    {
      name: "scattered optima",
      rows: wandering(scattered.rows, scattered.truth, 0.1, sequence(random(1, "moves"))),
      options: {},
    },
  ]
}

/** 8 batches x 10 rates x 5 seeds = 400 runs, each read at 5 horizons: 2,000 readings. */
const setupToTime: Setup = {
  batches: [8, 9, 10, 11, 12, 13, 14, 15],
  step: 0.5,
  side: 4.5,
  seeds: 5,
  asymmetric: true,
}

/** The same 2,000 readings as those of 400 runs, each read five times, and as those of 2,000 runs, each read once. */
export const studiesToTime = (): ReadonlyArray<NamedStudy> => {
  const { rows } = draw("timed", setupToTime)
  const apart = rows.map((row) => ({ ...row, runId: `${row.runId} T${row.tokens}` }))
  return [
    { name: "400 runs, each read at 5 horizons", rows, options: {} },
    { name: "2,000 runs, each read once", rows: apart, options: {} },
  ]
}
