import { RunsFormatError } from "./errors.ts"
import { Columns } from "./flatten.ts"
import { jsonLines, parseJson } from "./json.ts"
import type { Cell, Table } from "./table.ts"

/** Operations of the journal, `op_code` (Optuna 3.1 to 4: storages/journal, JournalOperation). */
const op = {
  createStudy: 0,
  deleteStudy: 1,
  createTrial: 4,
  setParam: 5,
  setStateValues: 6,
  setIntermediateValue: 7,
  setUserAttr: 8,
} as const

const states = ["RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"] as const
const MAXIMIZE = 2

type Entry = Readonly<Record<string, unknown>>

interface Study {
  readonly name: string
  readonly directions: ReadonlyArray<number>
  readonly distributions: Map<string, Distribution>
  trials: number
}

interface Trial {
  readonly study: number
  readonly number: number
  readonly params: Map<string, Cell>
  readonly attrs: Map<string, unknown>
  readonly intermediate: Map<number, unknown>
  state: (typeof states)[number]
  values: ReadonlyArray<unknown>
}

interface Distribution {
  readonly name: string
  readonly attributes: {
    readonly log?: boolean
    readonly low?: number
    readonly high?: number
    readonly choices?: ReadonlyArray<Cell>
  }
}

const distributionOf = (json: unknown): Distribution => parseJson(String(json)) as Distribution

/** Of one kind, one scale, and for categories one list; else Optuna refuses the parameter. */
const compatible = (a: Distribution, b: Distribution): boolean =>
  a.name === b.name &&
  a.attributes.log === b.attributes.log &&
  JSON.stringify(a.attributes.choices) === JSON.stringify(b.attributes.choices)

/** The journal keeps a category as its place in the list of choices, all else as it is. */
const external = ({ attributes }: Distribution, internal: unknown): Cell =>
  attributes.choices === undefined ? (internal as Cell) : attributes.choices[Number(internal)]

const valuesOf = (entry: Entry): ReadonlyArray<unknown> =>
  Array.isArray(entry["values"])
    ? entry["values"]
    : entry["value"] === undefined || entry["value"] === null
      ? []
      : [entry["value"]]

class Replay {
  /** By id; a deleted study leaves a hole. */
  readonly studies: Array<Study | undefined> = []
  readonly trials: Array<Trial> = []

  apply(entry: Entry): void {
    switch (entry["op_code"]) {
      case op.createStudy:
        this.createStudy(entry)
        return
      case op.deleteStudy:
        this.studies[Number(entry["study_id"])] = undefined
        return
      case op.createTrial:
        this.createTrial(entry)
        return
    }
    const trial = this.trials[Number(entry["trial_id"])]
    // Two workers may both write to a trial; what comes after its end does not count.
    if (trial === undefined || (trial.state !== "RUNNING" && trial.state !== "WAITING")) return
    switch (entry["op_code"]) {
      case op.setParam:
        this.setParam(trial, entry)
        return
      case op.setStateValues:
        trial.state = states[Number(entry["state"])]
        if (Array.isArray(entry["values"])) trial.values = entry["values"]
        return
      case op.setIntermediateValue:
        trial.intermediate.set(Number(entry["step"]), entry["intermediate_value"])
        return
      case op.setUserAttr:
        for (const [key, value] of Object.entries(entry["user_attr"] as object)) trial.attrs.set(key, value)
    }
  }

  private createStudy(entry: Entry): void {
    const name = String(entry["study_name"])
    if (this.studies.some((study) => study?.name === name)) return
    this.studies.push({ name, directions: entry["directions"] as Array<number>, distributions: new Map(), trials: 0 })
  }

  private createTrial(entry: Entry): void {
    const study = this.studies[Number(entry["study_id"])]
    if (study === undefined) return
    const distributions = Object.entries((entry["distributions"] ?? {}) as object).map(
      ([name, json]) => [name, distributionOf(json)] as const,
    )
    const params = (entry["params"] ?? {}) as Readonly<Record<string, unknown>>
    for (const [name, distribution] of distributions)
      if (!study.distributions.has(name)) study.distributions.set(name, distribution)
    this.trials.push({
      study: Number(entry["study_id"]),
      number: study.trials++,
      params: new Map(distributions.map(([name, distribution]) => [name, external(distribution, params[name])])),
      attrs: new Map(Object.entries((entry["user_attrs"] ?? {}) as object)),
      intermediate: new Map(
        Object.entries((entry["intermediate_values"] ?? {}) as object).map(([step, value]) => [Number(step), value]),
      ),
      state: states[Number(entry["state"] ?? 0)],
      values: valuesOf(entry),
    })
  }

  private setParam(trial: Trial, entry: Entry): void {
    const name = String(entry["param_name"])
    const distribution = distributionOf(entry["distribution"])
    const known = this.studies[trial.study]?.distributions
    const earlier = known?.get(name)
    if (earlier === undefined) known?.set(name, distribution)
    else if (!compatible(earlier, distribution)) return
    trial.params.set(name, external(distribution, entry["param_value_internal"]))
  }
}

const notesOf = (study: Study): ReadonlyArray<string> => [
  ...[...study.distributions].flatMap(
    ([
      name,
      {
        attributes: { low, high, log },
      },
    ]) =>
      low === undefined || high === undefined
        ? []
        : [`${name} was searched from ${low} to ${high} on a ${log === true ? "log" : "linear"} scale`],
  ),
  ...(study.directions.includes(MAXIMIZE) ? [`the study "${study.name}" maximises: its value is no loss`] : []),
]

export const isOptunaJournal = (text: string): boolean => /^\s*\{[^\n]*"op_code"\s*:/.test(text)

/**
 * Replays a journal of Optuna (`JournalStorage` in a file): one JSON operation a line. Every trial becomes a row with its final `value`, and
 * one with `step` and `intermediate_value` for each it reported; the columns are named as in `study.trials_dataframe()`: `number`,
 * `state`, `params_lr`, `user_attrs_tokens`, `value` or `values_0`. With several studies, `number` tells them apart by name.
 *
 * @throws RunsFormatError for a line that is no operation; a last line cut off in writing is left out
 */
export const parseOptunaJournal = (text: string, file: string): Table => {
  const replay = new Replay()
  const cut = text.endsWith("\n") ? text.length : text.lastIndexOf("\n") + 1
  const notes: Array<string> = []
  for (const { line, value } of jsonLines(text.slice(0, cut), file)) {
    const entry = value as Entry | null
    if (typeof entry?.["op_code"] !== "number")
      throw new RunsFormatError(file, "is no operation of an Optuna journal", line)
    replay.apply(entry)
  }
  if (cut < text.length) {
    try {
      replay.apply(parseJson(text.slice(cut)) as Entry)
    } catch {
      notes.push("the last line is cut off and left out: the study is still being written")
    }
  }
  const studies = replay.studies.filter((study) => study !== undefined)
  const columns = new Columns()
  const places: Array<number> = []
  for (const trial of replay.trials) {
    const study = replay.studies[trial.study]
    if (study === undefined) continue
    const base = [
      ["study", study.name],
      ["number", studies.length === 1 ? trial.number : `${study.name} ${trial.number}`],
      ["state", trial.state],
      ...[...trial.params].map(([name, value]) => [`params_${name}`, value] as const),
      ...[...trial.attrs].map(([name, value]) => [`user_attrs_${name}`, value] as const),
    ] as const
    const row = (more: Readonly<Record<string, unknown>>) => {
      columns.add(places.length, { ...Object.fromEntries(base), ...more })
      places.push(trial.number)
    }
    for (const [step, value] of trial.intermediate) row({ step, intermediate_value: value })
    // Optuna fails a trial whose loss is not a number and keeps no value; its last report tells it from a crash.
    const lost = trial.state === "FAIL" && !Number.isFinite(Number([...trial.intermediate.values()].at(-1) ?? 0))
    if (lost) row({ value: Number.NaN, state: "DIVERGED" })
    else
      row(
        trial.values.length <= 1
          ? { value: trial.values[0] }
          : Object.fromEntries(trial.values.map((value, k) => [`values_${k}`, value])),
      )
  }
  if (places.length === 0) throw new RunsFormatError(file, "is an Optuna journal without trials")
  notes.push(...studies.flatMap(notesOf))
  return { name: file, format: "optuna", columns: columns.byName, rows: places.length, unit: "trial", places, notes }
}
