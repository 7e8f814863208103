/** What is asked of both sides, as plain data. */
import { readFileSync } from "node:fs"
import {
  type BellPoint,
  completeRow,
  fitLaw,
  isEstimate,
  type Law,
  type LossCurve,
  profiles,
  type Row,
  type StepsPoint,
} from "../../packages/fit/src/index.ts"
import { type Shape, shapeOf } from "../../packages/fit/src/study.ts"
import { readTable } from "../../packages/fit/test/read-table.ts"
import { type NamedStudy, studiesToCheck } from "./studies.ts"

interface Window {
  /** Tokens. */
  readonly batch: number
  readonly tokens: number
  /** Positions among the rows. */
  readonly rows: ReadonlyArray<number>
}

/** A study with what the peer is to take as given: which readings lie in a window, the common skew, the scatter about the law. */
export interface StudyQuestion {
  readonly name: string
  readonly level: number
  /** Standard deviation of a reading, nats, where it is supplied. */
  readonly noise: number | null
  readonly rows: ReadonlyArray<{ readonly run: string; readonly eta: number; readonly loss: number }>
  readonly skew: number
  readonly skewError: number
  readonly skewFitted: boolean
  /** Standard deviation of ln eta* of cells about the bell. */
  readonly scatter: number
  /** Of the joint fit. */
  readonly windows: ReadonlyArray<Window & { readonly reference: number }>
  /** Of the profiles by themselves. */
  readonly cells: ReadonlyArray<Window>
}

export interface Questions {
  readonly studies: ReadonlyArray<StudyQuestion>
  readonly bell: { readonly level: number; readonly points: ReadonlyArray<BellPoint> }
  readonly lossOptimal: ReadonlyArray<{
    readonly batches: ReadonlyArray<number>
    readonly losses: ReadonlyArray<number>
  }>
  readonly stepsToTarget: Readonly<Record<string, ReadonlyArray<StepsPoint>>>
  readonly adamw: ReadonlyArray<ReadonlyArray<{ readonly eta: number; readonly loss: number }>>
}

/** A study, our law of it and what the peer is asked about it. */
export interface AskedStudy {
  readonly law: Law
  readonly question: StudyQuestion
}

export const askAbout = ({ name, rows, options }: NamedStudy): AskedStudy => {
  const law = fitLaw(rows, { ...options, resamples: 0 })
  const shape = shapeOf(rows, profiles(rows), options)
  const question: StudyQuestion = {
    name,
    level: law.level,
    noise: options.noise ?? null,
    rows: rows.map(({ runId, eta, loss }) => ({ run: runId, eta, loss })),
    skew: shape.skew,
    skewError: shape.error,
    skewFitted: shape.error > 0,
    scatter: law.joint?.fits.bell?.scatter ?? NaN,
    windows: windowsOf(rows, shape),
    cells: law.cells.map(({ batch, tokens, points }) => {
      const inside = new Set(points.flatMap((point) => (point.use === "window" ? [point.runId] : [])))
      const members = rows.flatMap((row, i) =>
        row.batch === batch && row.tokens === tokens && inside.has(row.runId) ? [i] : [],
      )
      return { batch, tokens, rows: members.sort((i, j) => rows[i].eta - rows[j].eta) }
    }),
  }
  return { law, question }
}

/** Windows of the joint fit by batch and horizon; `reference` is ln of the rate that their coefficients are about. */
const windowsOf = (rows: ReadonlyArray<Row>, { blocks }: Shape): StudyQuestion["windows"] =>
  blocks
    .flatMap(({ cells }) => cells)
    .map(({ window: { rows: members, reference } }) => {
      const { batch, tokens } = rows[members[0]]
      return { batch, tokens, rows: members, reference }
    })
    .sort((a, b) => a.batch - b.batch || a.tokens - b.tokens)

/** A study to be timed, column by column; windows, skew and noise are given. */
export const askToTime = ({ rows, options }: NamedStudy, resamples: number) => {
  const shape = shapeOf(rows, profiles(rows), options)
  const { deviation, shared, degrees } = shape.noise
  return {
    resamples,
    level: options.level ?? 0.9,
    run: rows.map(({ runId }) => runId),
    eta: rows.map(({ eta }) => eta),
    loss: rows.map(({ loss }) => loss),
    skew: shape.skew,
    skewError: shape.error,
    deviation,
    shared,
    degrees,
    windows: windowsOf(rows, shape),
  }
}

/** Optima about a bell with its peak at 2^15 tokens, each off by a part of its error. */
const bellPoints: ReadonlyArray<BellPoint> = [-3, -2, -1, 0, 1, 2, 3].map((k, i) => {
  const standardError = 0.02 + 0.005 * i
  const off = [0.4, -0.9, 0.3, 0.7, -0.5, 0.2, -0.6][i] * standardError
  return { batch: 2 ** (15 + 1.5 * k), eta: (0.01 / Math.cosh(0.75 * k * Math.LN2)) * Math.exp(off), standardError }
})

const lossOptimal = [
  { batches: [64, 128, 256, 512, 1024], losses: [3.31, 3.25, 3.22, 3.24, 3.3] },
  { batches: [100, 250, 700, 2000], losses: [2.84, 2.81, 2.815, 2.9] },
]

export const lossOptimalCurves = (): ReadonlyArray<ReadonlyArray<LossCurve>> =>
  lossOptimal.map(({ batches, losses }) => batches.map((batch, i) => ({ batch, tokens: [2 ** 20], loss: [losses[i]] })))

const fixture = (name: string) =>
  readTable(readFileSync(new URL(`../../packages/fit/fixtures/${name}.csv`, import.meta.url), "utf8"))

const stepsPoints = (): Questions["stepsToTarget"] => {
  const table = fixture("steps_to_target")
  const models = [...new Set(table["model"])]
  return Object.fromEntries(
    models.map((model) => [
      model,
      table["model"].flatMap((name, i) =>
        name === model ? [{ batch: Number(table["batch_size"][i]), steps: Number(table["steps"][i]) }] : [],
      ),
    ]),
  )
}

/** The AdamW sweep, and the three-point windows of its identified cells. */
export const adamwLaw = (): Law => {
  const table = fixture("adamw_lr_batch_sweep")
  const rows = table["loss"].map((loss, i) =>
    completeRow(
      {
        eta: Number(table["lr"][i]),
        batch: Number(table["batch_size"][i]) * Number(table["seq_len"][i]),
        tokens: Number(table["tokens"][i]),
        loss: Number(loss),
      },
      i,
    ),
  )
  return fitLaw(rows)
}

const adamwWindows = (law: Law): Questions["adamw"] =>
  law.cells
    .filter(({ eta }) => isEstimate(eta))
    .map(({ points }) =>
      points.flatMap(({ eta, loss, use }) => (use === "window" ? [{ eta, loss }] : [])).sort((a, b) => a.eta - b.eta),
    )

export const ask = (): { readonly studies: ReadonlyArray<AskedStudy>; readonly questions: Questions } => {
  const studies = studiesToCheck().map(askAbout)
  return {
    studies,
    questions: {
      studies: studies.map(({ question }) => question),
      bell: { level: 0.9, points: bellPoints },
      lossOptimal,
      stepsToTarget: stepsPoints(),
      adamw: adamwWindows(adamwLaw()),
    },
  }
}
