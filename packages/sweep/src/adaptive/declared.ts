/** The `adaptive` field of a study: its `eta` is then a first guess, and rates, seeds and horizons are chosen as the losses come in. */
import { Predicate, Schema } from "effect"
import { problem, type StudyProblem } from "../errors.ts"
import { wayOut } from "../study/fields.ts"
import { Question } from "./question.ts"

const Positive = Schema.Finite.check(Schema.isGreaterThan(0))

export const Adaptive = Schema.Struct({
  question: Question,
  /** Over all sessions; without one the study ends when the question is answered. */
  budget: Schema.optionalKey(
    Schema.Struct({ tokens: Schema.optionalKey(Positive), flops: Schema.optionalKey(Positive) }),
  ),
  /** Octaves from the optimum at which the outer rates of a profile lie. Closer ones find the minimum and lose its curvature. Default 1.75. */
  spread: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0.5, maximum: 4 }))),
  /** Octaves between neighbouring rates. Default 0.5. */
  step: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0.05, maximum: 2 }))),
})
export type Adaptive = typeof Adaptive.Type

const fields = Object.keys(Adaptive.fields)
/** Misspelt fields within are wrong, too: a budget that is not heard of would be none. */
const isSound = (name: string, value: unknown): boolean =>
  Schema.decodeUnknownResult(Adaptive.fields[name as "step"], { onExcessProperty: "error" })(value)._tag === "Success"
const ways: Readonly<Record<string, string>> = {
  question: '{ exponent: "peak" | "overhead", within } or { eta: { tokens, batch }, within }, numbers above 0',
  budget: "{ tokens?, flops? }, numbers above 0",
  spread: "octaves between 0.5 and 4",
  step: "octaves between 0.05 and 2",
}

/** What is wrong with the field, as sentences. */
export const adaptiveProblems = (value: unknown): ReadonlyArray<StudyProblem> => {
  if (!Predicate.isObject(value) || Array.isArray(value))
    return [problem("adaptive", `must be { question, budget?, spread?, step? }, not ${JSON.stringify(value)}`)]
  const given = value as Record<string, unknown>
  const unknown = Object.keys(given)
    .filter((name) => !fields.includes(name))
    .map((name) => problem(`adaptive.${name}`, wayOut(name, fields)))
  if (given["question"] === undefined)
    return [...unknown, problem("adaptive.question", `is missing; give ${ways["question"]}`)]
  const wrong = fields.filter((name) => given[name] !== undefined && !isSound(name, given[name]))
  return [
    ...unknown,
    ...wrong.map((name) => problem(`adaptive.${name}`, `must be ${ways[name]}, not ${JSON.stringify(given[name])}`)),
  ]
}
