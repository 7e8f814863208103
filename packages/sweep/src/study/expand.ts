/** A study written out: unique runs, each with the horizons to read. */
import { Predicate } from "effect"
import { type StudyProblem, studyError } from "../errors.ts"
import { askedReader } from "./asked.ts"
import { EnumerationProblem, enumerate, readsHorizon } from "./enumerate.ts"
import { partFields, runFields, studyFields, wayOut } from "./fields.ts"
import { horizonReader } from "./horizons.ts"
import { once } from "./identity.ts"
import { lay } from "./lay.ts"
import type { Loose } from "./loose.ts"
import { Problems } from "./problems.ts"
import { Runs } from "./runs.ts"
import type { Expansion, Part, StudyInput } from "./Study.ts"
import { endsAtHorizon, specReader } from "./specs.ts"

const schedulesEnd = (schedule: Loose): boolean =>
  Array.isArray(schedule)
    ? schedule.some(schedulesEnd)
    : Predicate.isObject(schedule) &&
      "axis" in schedule === false &&
      (Array.isArray((schedule as Loose).kind)
        ? (schedule as Loose).kind.some(endsAtHorizon)
        : endsAtHorizon((schedule as Loose).kind)) &&
      !("horizon" in schedule)

const unknownFields = (fields: object, known: ReadonlyArray<string>, prefix: string): ReadonlyArray<StudyProblem> =>
  Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map((name) => ({ field: prefix + name, message: `${prefix}${name}: ${wayOut(name, known)}` }))

/** Writes a study out. Throws `StudyError` with every problem found. */
export const expand = (study: StudyInput): Expansion => {
  const { version: _, name: __, adaptive: ___, parts, runs: explicit = [], ...shared } = study
  const unknown = [
    ...unknownFields(study, studyFields, ""),
    ...(parts ?? []).flatMap((part, i) => unknownFields(part, partFields, `parts.${i}.`)),
    ...explicit.flatMap((run, i) => unknownFields(run, runFields, `runs.${i}.`)),
  ]
  if (unknown.length > 0) throw studyError(unknown)

  const problems = new Problems()
  const runs = new Runs(problems)
  const specs = specReader()
  const askedOf = askedReader()
  const alone = once((horizon: unknown) => [horizon])
  const add = (spec: ReturnType<typeof specs.ofSpec>, asked: ReturnType<typeof askedOf>) => {
    for (const found of [spec, asked]) if ("problems" in found) for (const p of found.problems) problems.add(p)
    if ("value" in spec && "value" in asked) runs.add(spec.value, asked.value)
  }

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
    const horizonsOf = horizonReader(horizon)
    try {
      enumerate(tree, (cell) => {
        const { averages, checkpointAt, noiseScale, logEvery, decays, branches } = cell
        const horizons = perHorizon ? alone(cell["horizon"]) : horizonsOf(cell)
        add(specs.ofCell(cell), askedOf({ horizons, averages, checkpointAt, noiseScale, logEvery, decays, branches }))
      })
    } catch (fault) {
      if (!(fault instanceof EnumerationProblem)) throw fault
      problems.add(fault.problem)
    }
  }
  for (const { spec, ...asked } of explicit) add(specs.ofSpec(spec), askedOf(asked))
  return runs.expansion()
}
