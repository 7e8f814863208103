/** From an adaptive study to what may be trained: its lines by model, and the runs that trunks of them are. */
import { canonicalJson, parameterCount, type RunSpec } from "@ts/backend"
import type { Row } from "@ts/fit"
import { Effect } from "effect"
import { problem, type StudyError, studyError } from "../errors.ts"
import type { Asked } from "../store/rows.ts"
import { Store } from "../store/Store.ts"
import { Study } from "../study/index.ts"
import type { StudyRun } from "../study/Study.ts"
import type { Line, Reading, Trunk } from "./line.ts"

/** Lines of one model: a law is fitted to each model by itself. */
export interface Model {
  readonly lines: ReadonlyArray<Line>
  /** Position of each line among all lines of the study. */
  readonly positions: ReadonlyArray<number>
  /** Of one of its runs: all share the model. */
  readonly spec: RunSpec
  /** Parameters. */
  readonly size: number
}

export interface Space {
  /** Smallest first. */
  readonly models: ReadonlyArray<Model>
  readonly firstSeed: number
  /** The run of a trunk; `line` is the position among all lines of the study. */
  readonly runOf: (trunk: Trunk) => Effect.Effect<StudyRun, StudyError>
  /** Those of the runs ever asked for that belong to the study, with what was asked of them. */
  readonly runsOf: (asked: ReadonlyArray<Asked>) => Effect.Effect<ReadonlyArray<StudyRun>, StudyError>
  /** Where stored rows belong; those of other runs are left out. */
  readonly readingsOf: (
    asked: ReadonlyArray<Asked>,
    rows: ReadonlyArray<Row>,
  ) => Effect.Effect<ReadonlyArray<Reading>, StudyError>
}

const refused = ({ adaptive, parts, runs, decays, branches }: Study) => {
  const wrong = [
    ...(runs === undefined
      ? []
      : [
          problem(
            "runs",
            "an adaptive study chooses its runs; remove them, or remove `adaptive` (functions become runs: use rules)",
          ),
        ]),
    ...(decays === undefined && branches === undefined
      ? []
      : [
          problem(
            decays === undefined ? "branches" : "decays",
            "an adaptive study has trunks only; hang branches on a study of the rates it found",
          ),
        ]),
    ...(parts ?? []).flatMap((part, i) =>
      (["eta", "seeds", "decays", "branches"] as const).flatMap((field) =>
        part[field] === undefined
          ? []
          : [problem(`parts.${i}.${field}`, "an adaptive study takes it from the fields above; move it there")],
      ),
    ),
  ]
  return adaptive === undefined ? [problem("adaptive", "is missing; say which question the study is to answer")] : wrong
}

const spaces = new WeakMap<Study, Space>()

/** What an adaptive study may train; the same study costs nothing the second time. Fails with every problem found. */
export const spaceOf = (study: Study): Effect.Effect<Space, StudyError> => {
  const known = spaces.get(study)
  return known === undefined
    ? Effect.tap(written(study), (space) => Effect.sync(() => spaces.set(study, space)))
    : Effect.succeed(known)
}

const written = Effect.fnUntraced(function* (study: Study) {
  const problems = refused(study)
  if (problems.length > 0) return yield* studyError(problems)
  const { adaptive: _, ...plain } = study
  const expanded = new Map<string, ReadonlyArray<StudyRun>>()
  const at = Effect.fnUntraced(function* (eta: number, seed: number) {
    const key = `${eta} ${seed}`
    const known = expanded.get(key)
    if (known !== undefined) return known
    const { runs } = yield* Study.expand({ ...plain, eta, seeds: [seed] })
    expanded.set(key, runs)
    return runs
  })
  const { runs: first } = yield* Study.expand(plain)
  const { eta, seed: firstSeed } = first[0].spec
  const all = yield* at(eta, firstSeed)

  // A guess may depend on batch and width: each line has its own.
  const guesses = new Map<number, Array<number>>()
  for (const { runId, spec } of first) {
    const line = (yield* at(spec.eta, spec.seed)).findIndex((run) => run.runId === runId)
    if (line >= 0) guesses.set(line, [...(guesses.get(line) ?? []), Math.log2(spec.eta)])
  }
  const lineOf = ({ spec, horizons }: StudyRun, i: number): Line => {
    const starts = [...(guesses.get(i) ?? [Math.log2(eta)])].sort((a, b) => a - b)
    return {
      batch: spec.batch.kind === "constant" ? spec.batch.tokens : 0,
      horizons,
      warmup: "warmup" in spec.schedule ? spec.schedule.warmup : 0,
      start: starts[starts.length >> 1],
    }
  }
  const varying = all.find(({ spec }) => spec.batch.kind !== "constant")
  if (varying !== undefined)
    return yield* studyError([
      problem(
        "batch",
        `an adaptive study compares constant batches, not "${varying.spec.batch.kind}"; test a ramp in a study of its own`,
      ),
    ])

  const modelKey = (i: number): string =>
    canonicalJson({
      model: all[i].spec.model,
      parametrisation: all[i].spec.parametrisation,
      optimizer: all[i].spec.optimizer.kind,
    })
  const cells = new Map<string, number>()
  for (const [i, { horizons }] of all.entries()) {
    for (const tokens of horizons) {
      const { batch } = lineOf(all[i], i)
      const key = `${modelKey(i)} ${batch} ${tokens}`
      if (cells.has(key)) {
        return yield* studyError([
          problem(
            "adaptive",
            `there are two ways to train batch ${batch} to ${tokens} tokens, which one profile cannot hold; make a study of each`,
          ),
        ])
      }
      cells.set(key, i)
    }
  }
  const byModel = Map.groupBy(all.keys(), modelKey)
  const models = [...byModel.values()]
    .map(
      (positions): Model => ({
        positions,
        lines: positions.map((i) => lineOf(all[i], i)),
        spec: all[positions[0]].spec,
        size: parameterCount(all[positions[0]].spec.model),
      }),
    )
    .sort((a, b) => a.size - b.size)

  const runOf = ({ line, eta: rate, seed, until }: Trunk) =>
    Effect.map(
      at(rate, seed),
      (runs): StudyRun => ({ ...runs[line], horizons: runs[line].horizons.filter((t) => t <= until) }),
    )

  const linesOf = Effect.fnUntraced(function* (asked: ReadonlyArray<Asked>) {
    const lines = new Map<string, number>()
    for (const { runId, spec } of asked) {
      const line = (yield* at(spec.eta, spec.seed)).findIndex((run) => run.runId === runId)
      if (line >= 0) lines.set(runId, line)
    }
    return lines
  })

  const runsOf = Effect.fnUntraced(function* (asked: ReadonlyArray<Asked>) {
    const lines = yield* linesOf(asked)
    return yield* Effect.forEach(
      asked.filter(({ runId }) => lines.has(runId)),
      ({ runId, spec: { eta: rate, seed }, horizons }) =>
        runOf({ line: lines.get(runId) as number, eta: rate, seed, until: Math.max(...horizons) }),
    )
  })

  const readingsOf = Effect.fnUntraced(function* (asked: ReadonlyArray<Asked>, rows: ReadonlyArray<Row>) {
    const lines = yield* linesOf(asked)
    return rows.flatMap((row): ReadonlyArray<Reading> => {
      const line = lines.get(row.runId)
      return line === undefined || !all[line].horizons.includes(row.tokens) || row.average !== "none"
        ? []
        : [{ line, row }]
    })
  })
  return { models, firstSeed, runOf, runsOf, readingsOf } satisfies Space
})

/** The runs of an adaptive study so far, with all that was asked of each. */
export const askedOf = Effect.fnUntraced(function* (study: Study) {
  const space = yield* spaceOf(study)
  const store = yield* Store
  return yield* space.runsOf(yield* store.asked)
})
