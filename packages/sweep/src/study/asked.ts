/** What is asked of a run beside its spec: readings, checkpoints, and what hangs on it. */
import { Effect, Schema } from "effect"
import { identities } from "./identity.ts"
import { schemaProblems } from "./problems.ts"
import type { Found } from "./specs.ts"

const Tokens = Schema.Int.check(Schema.isGreaterThan(0))
const Positive = Schema.Finite.check(Schema.isGreaterThan(0))
const Fraction = Positive.check(Schema.isLessThan(1))

const Decay = Schema.Struct({
  /** Of the horizon. */
  share: Fraction,
  shape: Schema.withDecodingDefaultKey<Schema.Literals<["linear", "cosine", "1-sqrt"]>>(Effect.succeed("linear"))(
    Schema.Literals(["linear", "cosine", "1-sqrt"]),
  ),
})
export type Decay = typeof Decay.Type

const Branches = Schema.Struct({
  at: Schema.NonEmptyArray(Tokens),
  factors: Schema.optionalKey(Schema.NonEmptyArray(Positive)),
  batches: Schema.optionalKey(Schema.NonEmptyArray(Tokens)),
  for: Tokens,
  eta: Schema.optionalKey(Schema.Literals(["sqrt", "linear", "same"])),
  readings: Schema.withDecodingDefaultKey<typeof Tokens>(Effect.succeed(4))(Tokens),
})
export type Branches = typeof Branches.Type

const AskedFields = Schema.Struct({
  horizons: Schema.NonEmptyArray(Tokens),
  probes: Schema.optionalKey(Schema.Array(Tokens)),
  averages: Schema.Array(Fraction),
  checkpointAt: Schema.Array(Tokens),
  noiseScale: Schema.optionalKey(Schema.Struct({ small: Tokens, big: Tokens, samples: Tokens })),
  logEvery: Schema.optionalKey(Tokens),
  decays: Schema.optionalKey(Schema.Array(Decay)),
  branches: Schema.optionalKey(Branches),
})
export type Asked = typeof AskedFields.Type
const decode = Schema.decodeUnknownResult(AskedFields, { onExcessProperty: "error", errors: "all" })

export type AskedInput = { readonly [K in keyof Asked]?: unknown }

export const ascending = (values: Iterable<number>): ReadonlyArray<number> => [...new Set(values)].sort((a, b) => a - b)

const check = (given: AskedInput): Found<Asked> => {
  const result = decode(given)
  if (result._tag === "Failure") {
    return {
      problems: schemaProblems(result.failure.issue, given).map((problem) => {
        const field = problem.field.replace(/^horizons(\.\d+)?/, "horizon")
        return { field, message: problem.message.replace(problem.field, field) }
      }),
    }
  }
  const { branches } = result.success
  if (branches !== undefined && (branches.factors === undefined) === (branches.batches === undefined)) {
    const message = "branches: give either `factors`, multiples of the trunk's batch, or `batches` in tokens"
    return { problems: [{ field: "branches", message }] }
  }
  const { horizons, averages, checkpointAt, ...rest } = result.success
  return {
    value: {
      ...rest,
      horizons: ascending(horizons) as Asked["horizons"],
      averages: ascending(averages),
      checkpointAt: ascending(checkpointAt),
    },
  }
}

/** Checks what is asked; the same for every run of a grid, mostly, and then found once. */
export const askedReader = (): ((given: AskedInput) => Found<Asked>) => {
  const identity = identities()
  const known = new Map<string, Found<Asked>>()
  let last: { readonly given: AskedInput; readonly found: Found<Asked> } | undefined
  return (given) => {
    const fields = Object.keys(given) as ReadonlyArray<keyof AskedInput>
    if (last !== undefined && fields.every((field) => given[field] === last!.given[field])) return last.found
    const set = fields.filter((field) => given[field] !== undefined)
    const key = set.map((field) => `${field}=${identity(given[field])}`).join(" ")
    const found =
      known.get(key) ??
      check({ averages: [], checkpointAt: [], ...Object.fromEntries(set.map((field) => [field, given[field]])) })
    known.set(key, found)
    last = { given, found }
    return found
  }
}
