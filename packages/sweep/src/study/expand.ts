/** A study written out: unique runs, each with the horizons to read. */
import { checkSpec, RunSpec, type RunSpecInput, runId } from "@ts/backend"
import { roundToStep } from "@ts/schedule"
import { Predicate, Schema, SchemaIssue } from "effect"
import { type StudyProblem, studyError } from "../errors.ts"
import { expandData, vocabularyOf } from "./data.ts"
import { type Cell, EnumerationProblem, enumerate, readsHorizon } from "./enumerate.ts"
import { partFields, studyFields, wayOut } from "./fields.ts"
import { type Loose, valueAt } from "./loose.ts"
import type { Expansion, Part, StudyInput, StudyRun } from "./Study.ts"

const decodeSpec = Schema.decodeUnknownResult(RunSpec, { onExcessProperty: "error", errors: "all" })
const Tokens = Schema.Int.check(Schema.isGreaterThan(0))
/** What is asked of a run, beside its spec. */
const Readings = Schema.Struct({
  horizons: Schema.NonEmptyArray(Tokens),
  averages: Schema.Array(Schema.Finite.check(Schema.isGreaterThan(0)).check(Schema.isLessThan(1))),
  checkpointAt: Schema.Array(Tokens),
  noiseScale: Schema.optionalKey(Schema.Struct({ small: Tokens, big: Tokens, samples: Tokens })),
  logEvery: Schema.optionalKey(Tokens),
})
const decodeReadings = Schema.decodeUnknownResult(Readings, { onExcessProperty: "error", errors: "all" })
const flatten = SchemaIssue.makeFormatterStandardSchemaV1()

const specFields: Record<string, ReadonlyArray<string>> = {
  "": partFields,
  model:
    "d_model n_layers n_heads max_seq_len vocab_size expansion_ratio no_bias tie_word_embeddings positions rope_theta qk_ln norm_eps init_gain zero_readout".split(
      " ",
    ),
}

/** What a schema found, as sentences with the value and the way out. */
export const schemaProblems = (issue: SchemaIssue.Issue, value: unknown): ReadonlyArray<StudyProblem> =>
  flatten(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map(
      (part) => (Predicate.isObject(part) ? (part as { key: PropertyKey }).key : part) as PropertyKey,
    )
    const field = keys.join(".")
    const given = valueAt(value, keys)
    const name = String(keys.at(-1))
    const said = message.includes("excess property")
      ? wayOut(name, specFields[keys.slice(0, -1).join(".")] ?? [])
      : given === undefined
        ? "is missing; set it"
        : `${message.charAt(0).toLowerCase()}${message.slice(1)}, not ${JSON.stringify(given)}`
    return { field, message: `${field}: ${said}` }
  })

/** Same problem, many runs: told once. */
class Problems {
  readonly #found = new Map<string, { problem: StudyProblem; runs: number }>()
  add(problem: StudyProblem) {
    const entry = this.#found.get(problem.message)
    if (entry === undefined) this.#found.set(problem.message, { problem, runs: 1 })
    else entry.runs++
  }
  throw() {
    if (this.#found.size > 0) {
      throw studyError([...this.#found.values()].map(({ problem, runs }) => ({ ...problem, runs })))
    }
  }
}

/** `over` laid over `base`: objects field by field, all else replaced; another `kind` replaces the whole object. */
const lay = (base: Loose, over: Loose): Loose => {
  const plain = (v: unknown) => Predicate.isObject(v) && !Array.isArray(v)
  if (!plain(base) || !plain(over)) return over
  if ("kind" in over && over.kind !== base.kind) return over
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) merged[key] = key in base ? lay(base[key], value) : value
  return merged
}

const endsAtHorizon = (kind: unknown) => kind === "cosine" || kind === "linear" || kind === "warmup_stable_decay"

const schedulesEnd = (schedule: Loose): boolean =>
  Array.isArray(schedule)
    ? schedule.some(schedulesEnd)
    : Predicate.isObject(schedule) &&
      "axis" in schedule === false &&
      (Array.isArray((schedule as Loose).kind)
        ? (schedule as Loose).kind.some(endsAtHorizon)
        : endsAtHorizon((schedule as Loose).kind)) &&
      !("horizon" in schedule)

const specOf = (cell: Cell): unknown => {
  const data = cell["data"] === undefined ? undefined : expandData(cell["data"])
  const vocabulary = vocabularyOf(data)
  const { model, schedule, batch } = cell
  return {
    model: vocabulary === undefined || !Predicate.isObject(model) ? model : { vocab_size: vocabulary, ...model },
    ...(cell["parametrisation"] === undefined ? {} : { parametrisation: cell["parametrisation"] }),
    ...(cell["optimizer"] === undefined ? {} : { optimizer: cell["optimizer"] }),
    eta: cell["eta"],
    schedule:
      endsAtHorizon(schedule?.kind) && schedule.horizon === undefined
        ? { ...schedule, horizon: cell["horizon"] }
        : schedule,
    batch: typeof batch === "number" ? { kind: "constant", tokens: batch } : batch,
    ...(data === undefined ? {} : { data }),
    seed: cell["seed"],
    ...(cell["precision"] === undefined ? {} : { precision: cell["precision"] }),
  }
}

const ascending = (values: Iterable<number>) => [...new Set(values)].sort((a, b) => a - b)

interface Wanted {
  readonly spec: unknown
  readonly horizons: ReadonlyArray<unknown>
  readonly averages?: unknown
  readonly checkpointAt?: unknown
  readonly noiseScale?: unknown
  readonly logEvery?: unknown
}

/** Collects runs; equal ones merge. */
class Runs {
  readonly #runs = new Map<string, StudyRun>()
  readonly #notes = new Set<string>()
  readonly #problems: Problems
  constructor(problems: Problems) {
    this.#problems = problems
  }

  add(wanted: Wanted) {
    const { spec: raw, horizons, averages = [], checkpointAt = [], noiseScale, logEvery } = wanted
    const spec = decodeSpec(raw)
    const asked = {
      horizons,
      averages,
      checkpointAt,
      ...(noiseScale === undefined ? {} : { noiseScale }),
      ...(logEvery === undefined ? {} : { logEvery }),
    }
    const readings = decodeReadings(asked)
    if (spec._tag === "Failure") for (const p of schemaProblems(spec.failure.issue, raw)) this.#problems.add(p)
    if (readings._tag === "Failure") {
      for (const p of schemaProblems(readings.failure.issue, asked)) {
        const field = p.field.replace(/^horizons(\.\d+)?/, "horizon")
        this.#problems.add({ field, message: p.message.replace(p.field, field) })
      }
    }
    if (spec._tag === "Failure" || readings._tag === "Failure") return
    const contradictions = checkSpec(spec.success)
    for (const p of contradictions) this.#problems.add(p)
    if (contradictions.length > 0) return
    this.#merge(spec.success, readings.success)
  }

  #merge(spec: RunSpec, wanted: Omit<StudyRun, "runId" | "spec">) {
    const first = roundToStep(spec.batch, 1)
    const readable = wanted.horizons.filter((horizon) => {
      if (horizon < first) this.#notes.add(`horizon ${horizon} is left out at batch ${first}: smaller than one batch`)
      return horizon >= first
    })
    if (readable.length === 0) return
    for (const horizon of readable) {
      const boundary = roundToStep(spec.batch, horizon)
      if (boundary !== horizon) {
        this.#notes.add(`horizon ${horizon} is no whole number of batches of ${first}: read at ${boundary} tokens`)
      }
    }
    const id = runId(spec)
    const known = this.#runs.get(id)
    this.#runs.set(id, {
      ...wanted,
      ...known,
      runId: id,
      spec,
      horizons: ascending([...(known?.horizons ?? []), ...readable]),
      averages: ascending([...(known?.averages ?? []), ...wanted.averages]),
      checkpointAt: ascending([...(known?.checkpointAt ?? []), ...wanted.checkpointAt]),
    })
  }

  /** Parents of branches keep a checkpoint where the branch starts. */
  expansion(): Expansion {
    for (const run of this.#runs.values()) {
      const origin = run.spec.origin
      if (origin === undefined) continue
      const parent = this.#runs.get(origin.parent)
      if (parent === undefined) {
        this.#problems.add({
          field: "runs.spec.origin.parent",
          message: `runs.spec.origin.parent: ${origin.parent} is no run of this study; add the run it branches from`,
        })
        continue
      }
      const boundary = roundToStep(parent.spec.batch, origin.at)
      if (boundary !== origin.at) {
        this.#problems.add({
          field: "runs.spec.origin.at",
          message: `runs.spec.origin.at: ${origin.at} lies inside a step of the parent; use ${boundary}`,
        })
        continue
      }
      this.#runs.set(parent.runId, { ...parent, checkpointAt: ascending([...parent.checkpointAt, origin.at]) })
    }
    this.#problems.throw()
    return { runs: [...this.#runs.values()], notes: [...this.#notes] }
  }
}

const unknownFields = (fields: object, known: ReadonlyArray<string>, prefix: string): ReadonlyArray<StudyProblem> =>
  Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map((name) => ({ field: prefix + name, message: `${prefix}${name}: ${wayOut(name, known)}` }))

/** Writes a study out. Throws `StudyError` with every problem found. */
export const expand = (study: StudyInput): Expansion => {
  const { version: _, name: __, parts, runs: explicit = [], ...shared } = study
  const unknown = [
    ...unknownFields(study, studyFields, ""),
    ...(parts ?? []).flatMap((part, i) => unknownFields(part, partFields, `parts.${i}.`)),
    ...explicit.flatMap((run, i) =>
      unknownFields(run, ["spec", "horizons", "averages", "checkpointAt", "noiseScale", "logEvery"], `runs.${i}.`),
    ),
  ]
  if (unknown.length > 0) throw studyError(unknown)

  const problems = new Problems()
  const runs = new Runs(problems)
  const grids: ReadonlyArray<Part> =
    parts !== undefined ? parts.map((part) => lay(shared, part)) : Object.keys(shared).length > 0 ? [shared] : []
  if (grids.length + explicit.length === 0) {
    throw studyError([
      { field: "model", message: "the study holds no runs: give model, batch, horizon, eta and the rest, or runs" },
    ])
  }
  for (const { seeds, horizon, ...grid } of grids) {
    if (horizon === undefined) {
      problems.add({ field: "horizon", message: "horizon: is missing; list the token budgets to read the loss at" })
      continue
    }
    const perHorizon = schedulesEnd(grid.schedule) || readsHorizon({ ...grid, seeds })
    const tree = { ...grid, ...(perHorizon ? { horizon } : {}), seed: seeds ?? 1 }
    try {
      enumerate(tree, (cell) => {
        const { averages, checkpointAt, noiseScale, logEvery } = cell
        const horizons: Array<unknown> = []
        if (perHorizon) horizons.push(cell["horizon"])
        else horizonsOf(horizon, cell, horizons)
        runs.add({ spec: specOf(cell), horizons, averages, checkpointAt, noiseScale, logEvery })
      })
    } catch (fault) {
      if (!(fault instanceof EnumerationProblem)) throw fault
      problems.add(fault.problem)
    }
  }
  for (const run of explicit) runs.add(run as { spec: RunSpecInput; horizons: ReadonlyArray<number> })
  return runs.expansion()
}

/** Horizons of one trunk: a list, or a rule of its other fields. */
const horizonsOf = (horizon: unknown, cell: Cell, into: Array<unknown>): void => {
  if (Array.isArray(horizon) && horizon.every((h) => typeof h === "number")) {
    enumerate({ horizon }, (c) => void into.push(c["horizon"]))
    return
  }
  enumerate({ ...cell, horizon }, (c) => void into.push(c["horizon"]))
}
