/**
 * Rules: values that follow others, as plain data.
 *
 * Every rule is an object with one key. `of` and `exponents` name fields of the run: `batch`, `horizon`, `eta`,
 * `seed` (tokens where they are positions), or any other by its path (`model.d_model`; the last part will do).
 */
import { Predicate, Schema } from "effect"
import type { Loose } from "./loose.ts"

const Finite = Schema.Finite
const Name = Schema.NonEmptyString

/** coefficient x product of field^exponent; then `complement`, then kept within [min, max], then rounded. */
const Power = Schema.Struct({
  of: Schema.optionalKey(Name),
  exponent: Schema.optionalKey(Finite),
  /** Several fields at once: `{ batch: 0.5, horizon: -0.5 }`, instead of `of` and `exponent`. */
  exponents: Schema.optionalKey(Schema.Record(Schema.String, Finite)),
  coefficient: Finite,
  min: Schema.optionalKey(Finite),
  max: Schema.optionalKey(Finite),
  /** Round to a whole multiple (at least one): for sizes and positions. */
  multipleOf: Schema.optionalKey(Finite.check(Schema.isGreaterThan(0))),
  /** One minus the result, as for a decay close to 1. */
  complement: Schema.optionalKey(Schema.Boolean),
})

/** The decay per step that halves a memory every `tokens` tokens: 2^(-batch / tokens). For beta2(B) and averages. */
const HalfLife = Schema.Struct({
  tokens: Schema.Unknown,
  min: Schema.optionalKey(Finite),
  max: Schema.optionalKey(Finite),
})

/** A value, or a list of values to try, for each value of one field. */
const Table = Schema.Struct({
  of: Name,
  values: Schema.NonEmptyArray(Schema.Tuple([Schema.Union([Finite, Schema.String]), Schema.Unknown])),
})

/** Values 2^(k step) around a centre snapped to that grid, so that neighbouring cells share them. */
const Octaves = Schema.Struct({
  /** A number or a rule. */
  center: Schema.Unknown,
  from: Finite,
  to: Finite,
  step: Finite.check(Schema.isGreaterThan(0)),
})

const payloads = {
  /** A grid, for fields that are arrays themselves. */
  axis: Schema.Array(Schema.Unknown),
  power: Power,
  halfLife: HalfLife,
  table: Table,
  octaves: Octaves,
  /** The same as another field. */
  same: Name,
} as const

export type RuleName = keyof typeof payloads
export const ruleNames = Object.keys(payloads) as ReadonlyArray<RuleName>

/** The rules as they are written, for types. */
export type Rule =
  | { readonly power: typeof Power.Type }
  | {
      readonly halfLife: {
        readonly tokens: number | Rule
        readonly min?: number | undefined
        readonly max?: number | undefined
      }
    }
  | { readonly table: { readonly of: string; readonly values: ReadonlyArray<readonly [number | string, unknown]> } }
  | {
      readonly octaves: {
        readonly center: number | Rule
        readonly from: number
        readonly to: number
        readonly step: number
      }
    }
  | { readonly same: string }

/** The rule an object states, if it states one. */
export const ruleOf = (node: unknown): readonly [RuleName, unknown] | undefined => {
  if (!Predicate.isObject(node) || Array.isArray(node)) return undefined
  const [entry, ...more] = Object.entries(node)
  if (entry === undefined || more.length > 0 || !ruleNames.includes(entry[0] as RuleName)) return undefined
  return entry as [RuleName, unknown]
}

/** What is wrong with how a rule is written; undefined when nothing is. */
export const checkRule = (name: RuleName, payload: unknown): { path: string; message: string } | undefined => {
  const result = Schema.decodeUnknownResult(payloads[name] as Schema.Codec<unknown>, { onExcessProperty: "error" })(
    payload,
  )
  if (result._tag === "Failure") {
    const [message, where] = result.failure.message.split("\n  at ")
    const path = (where ?? "").replace(/^\["|"\]$/g, "").replaceAll('"]["', ".")
    return { path, message: message.charAt(0).toLowerCase() + message.slice(1) }
  }
  if (name === "power") {
    const { of, exponent, exponents } = payload as typeof Power.Type
    if (exponents === undefined ? of === undefined || exponent === undefined : of !== undefined)
      return { path: "", message: "give either `of` with `exponent`, or `exponents`" }
  }
  if (name === "octaves") {
    const { from, to } = payload as typeof Octaves.Type
    if (from > to) return { path: "from", message: `${from} exceeds \`to\` ${to}; exchange them` }
  }
  return undefined
}

/** Names of the fields a rule reads. */
export const readsOf = (name: RuleName, payload: Loose): ReadonlyArray<string> => {
  const nested = (node: unknown) => {
    const rule = ruleOf(node)
    return rule === undefined ? [] : readsOf(...rule)
  }
  switch (name) {
    case "axis":
      return []
    case "same":
      return [payload]
    case "power":
      return payload.exponents === undefined ? [payload.of] : Object.keys(payload.exponents)
    case "table":
      return [payload.of]
    case "halfLife":
      return ["batch", ...nested(payload.tokens)]
    case "octaves":
      return nested(payload.center)
  }
}

const within = (value: number, { min, max }: { min?: number; max?: number }): number =>
  Math.min(max ?? Number.POSITIVE_INFINITY, Math.max(min ?? Number.NEGATIVE_INFINITY, value))

/** 2^x, the integer part exact. */
const octave = (x: number): number => 2 ** Math.floor(x) * 2 ** (x - Math.floor(x))

/** Thrown by `evaluateRule`; the caller adds the field. */
export class RuleProblem extends Error {}

/** The values a rule gives: one, or several to try (`axis`, `octaves`, a list in a `table`). */
export const evaluateRule = (
  name: RuleName,
  payload: Loose,
  read: (name: string) => unknown,
  /** The field is an array itself (`betas`): a list in a table is one value. */
  arrayField = false,
): ReadonlyArray<unknown> => {
  const number = (field: string): number => {
    const value = read(field)
    if (typeof value !== "number") {
      throw new RuleProblem(`the rule reads ${field}, which is ${JSON.stringify(value)} here, not a number`)
    }
    return value
  }
  const scalar = (node: unknown, what: string): number => {
    const rule = ruleOf(node)
    const values = rule === undefined ? [node] : evaluateRule(rule[0], rule[1], read)
    if (values.length !== 1 || typeof values[0] !== "number" || !(values[0] > 0)) {
      throw new RuleProblem(`${what} must be one positive number, not ${JSON.stringify(values)}`)
    }
    return values[0]
  }
  switch (name) {
    case "axis":
      return payload
    case "same":
      return [read(payload)]
    case "power": {
      const exponents: Record<string, number> = payload.exponents ?? { [payload.of]: payload.exponent }
      let value = payload.coefficient
      for (const [field, exponent] of Object.entries(exponents)) value *= number(field) ** exponent
      value = within(payload.complement ? 1 - value : value, payload)
      const m = payload.multipleOf
      return [m === undefined ? value : Math.max(1, Math.round(value / m)) * m]
    }
    case "halfLife":
      return [within(2 ** (-number("batch") / scalar(payload.tokens, "tokens")), payload)]
    case "table": {
      const key = read(payload.of)
      const entry = payload.values.find(([at]: [unknown]) => at === key)
      if (entry === undefined) {
        throw new RuleProblem(
          `the table over ${payload.of} has no entry for ${JSON.stringify(key)}; add one (it has ${payload.values.map(([at]: [unknown]) => at).join(", ")})`,
        )
      }
      return Array.isArray(entry[1]) && !arrayField ? entry[1] : [entry[1]]
    }
    case "octaves": {
      const { from, to, step } = payload
      const center = Math.round(Math.log2(scalar(payload.center, "center")) / step)
      const values: Array<number> = []
      for (let k = Math.ceil(from / step - 1e-9); k <= Math.floor(to / step + 1e-9); k++) {
        values.push(octave((center + k) * step))
      }
      return values
    }
  }
}
