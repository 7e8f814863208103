/** From cells and stated runs to checked specs: the parts that runs share are decoded and checked once. */
import { canonicalJson, checkSpec, RunSpec } from "@ts/backend"
import { Predicate, Schema } from "effect"
import type { StudyProblem } from "../errors.ts"
import type { Cell } from "./cells.ts"
import { expandData, vocabularyOf } from "./data.ts"
import { identities, once } from "./identity.ts"
import type { Loose } from "./loose.ts"
import { schemaProblems } from "./problems.ts"

const strict = { onExcessProperty: "error", errors: "all" } as const
const decodeWhole = Schema.decodeUnknownResult(RunSpec, strict)

export type Found<A> = { readonly value: A } | { readonly problems: ReadonlyArray<StudyProblem> }

type Field = keyof typeof RunSpec.fields
const fields = Object.keys(RunSpec.fields) as ReadonlyArray<Field>

/** One field of a spec by its own schema, with the problems it would have within the whole. */
const fieldReader = (field: Field) => {
  const decode = Schema.decodeUnknownResult(Schema.Struct({ [field]: RunSpec.fields[field] }) as Loose, strict)
  return once((raw: unknown): Found<unknown> => {
    const given = raw === undefined ? {} : { [field]: raw }
    const result = decode(given)
    return result._tag === "Failure"
      ? { problems: schemaProblems(result.failure.issue, given) }
      : { value: (result.success as Cell)[field] }
  })
}

export const endsAtHorizon = (kind: unknown): boolean =>
  kind === "cosine" || kind === "linear" || kind === "warmup_stable_decay"

export const specReader = () => {
  const readers = fields.map((field) => [field, fieldReader(field)] as const)
  const identity = identities()
  const contradictions = new Map<string, ReadonlyArray<StudyProblem>>()
  const dataOf = once(expandData)
  const vocabulary = once(vocabularyOf)
  const modelsOf = once((model: Loose) => once((size: number) => ({ vocab_size: size, ...model })))
  const schedulesOf = once((schedule: Loose) => once((horizon: unknown) => ({ ...schedule, horizon })))
  const constant = once((tokens: number) => ({ kind: "constant", tokens }))
  const interned = new Map<string, unknown>()

  const read = (raw: Cell): Found<RunSpec> => {
    const spec: Cell = {}
    let problems: ReadonlyArray<StudyProblem> = []
    let parts = ""
    for (const [field, reader] of readers) {
      const found = reader(raw[field])
      if ("problems" in found) {
        problems = [...problems, ...found.problems]
        continue
      }
      if (found.value === undefined) continue
      spec[field] = found.value
      // A spec's contradictions are between its parts; a rate and a seed of their own schemas contradict nothing.
      if (field !== "eta" && field !== "seed" && field !== "origin") parts += `${identity(found.value)} `
    }
    if (problems.length > 0) return { problems }
    const known = contradictions.get(parts) ?? checkSpec(spec as RunSpec)
    contradictions.set(parts, known)
    return known.length > 0 ? { problems: known } : { value: spec as RunSpec }
  }

  const ofCell = (cell: Cell): Found<RunSpec> => {
    const { model, schedule, batch } = cell
    const data = cell["data"] === undefined ? undefined : dataOf(cell["data"])
    const size = vocabulary(data)
    return read({
      model: size === undefined || !Predicate.isObject(model) ? model : modelsOf(model)(size),
      parametrisation: cell["parametrisation"],
      optimizer: cell["optimizer"],
      eta: cell["eta"],
      schedule:
        endsAtHorizon(schedule?.kind) && schedule.horizon === undefined
          ? schedulesOf(schedule)(cell["horizon"])
          : schedule,
      batch: typeof batch === "number" ? constant(batch) : batch,
      data,
      seed: cell["seed"],
      precision: cell["precision"],
    })
  }

  /** A spec written out: thousands of them share most of what they say. */
  const ofSpec = (raw: unknown): Found<RunSpec> => {
    if (!Predicate.isObject(raw) || Object.keys(raw).some((field) => !fields.includes(field as Field))) {
      const result = decodeWhole(raw)
      return result._tag === "Failure"
        ? { problems: schemaProblems(result.failure.issue, raw) }
        : { value: result.success }
    }
    const shared = Object.entries(raw).map(([field, part]) => {
      if (!Predicate.isObject(part)) return [field, part]
      const key = JSON.stringify(part)
      if (!interned.has(key)) interned.set(key, part)
      return [field, interned.get(key)]
    })
    return read(Object.fromEntries(shared))
  }

  return { ofCell, ofSpec }
}

/** Whether two parts of specs mean the same. */
export const same = (a: unknown, b: unknown): boolean => a === b || canonicalJson(a) === canonicalJson(b)
