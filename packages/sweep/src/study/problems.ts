/** What is wrong with a study, as sentences with the field, the value and the way out. */
import { Predicate, SchemaIssue } from "effect"
import { problem, type StudyProblem, studyError } from "../errors.ts"
import { partFields, wayOut } from "./fields.ts"
import { valueAt } from "./loose.ts"

const flatten = SchemaIssue.makeFormatterStandardSchemaV1()

const knownFields: Record<string, ReadonlyArray<string>> = {
  "": partFields,
  model:
    "d_model n_layers n_heads max_seq_len vocab_size expansion_ratio no_bias tie_word_embeddings positions rope_theta qk_ln norm_eps init_gain zero_readout".split(
      " ",
    ),
}

/** What a schema found. */
export const schemaProblems = (issue: SchemaIssue.Issue, value: unknown): ReadonlyArray<StudyProblem> =>
  flatten(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map(
      (part) => (Predicate.isObject(part) ? (part as { key: PropertyKey }).key : part) as PropertyKey,
    )
    const field = keys.join(".")
    const list = valueAt(value, keys.slice(0, -1))
    if (Array.isArray(list) && list.length === 0)
      return problem(keys.slice(0, -1).join("."), "the list is empty; give at least one value")
    const given = valueAt(value, keys)
    const name = String(keys.at(-1))
    const said = message.includes("excess property")
      ? wayOut(name, knownFields[keys.slice(0, -1).join(".")] ?? [])
      : given === undefined
        ? "is missing; set it"
        : `${message.charAt(0).toLowerCase()}${message.slice(1)}, not ${JSON.stringify(given)}`
    return { field, message: `${field}: ${said}` }
  })

/** Same problem, many runs: told once. */
export class Problems {
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
