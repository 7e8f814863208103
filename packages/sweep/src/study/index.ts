/** `Study`: what one wants to know, declared. */
import { canonicalHash } from "@ts/backend"
import { Effect, Predicate } from "effect"
import { adaptiveProblems } from "../adaptive/declared.ts"
import { problem, StudyError, studyError } from "../errors.ts"
import { hasFunction } from "./enumerate.ts"
import { expand } from "./expand.ts"
import { type Expansion, STUDY_VERSION, type Study as StudyDocument, type StudyInput } from "./Study.ts"

const expansions = new WeakMap<object, Expansion>()

const check = (input: unknown): StudyInput => {
  if (!Predicate.isObject(input) || Array.isArray(input)) {
    throw studyError([problem("study", `a study is an object, not ${JSON.stringify(input) ?? typeof input}`)])
  }
  const { version, name, parts, runs, adaptive } = input as Record<string, unknown>
  if (version !== undefined && version !== STUDY_VERSION) {
    throw studyError([
      problem(
        "version",
        typeof version === "number" && version > STUDY_VERSION
          ? `this study is of version ${version}, and this program reads up to ${STUDY_VERSION}; update it (npm install @ts/sweep@latest)`
          : `must be ${STUDY_VERSION}, not ${JSON.stringify(version)}`,
      ),
    ])
  }
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    throw studyError([problem("name", `must be text, not ${JSON.stringify(name)}`)])
  }
  for (const [field, list] of Object.entries({ parts, runs })) {
    if (list === undefined) continue
    if (!Array.isArray(list) || list.length === 0 || !list.every((item) => Predicate.isObject(item))) {
      throw studyError([problem(field, "must be a list of at least one object; remove it or fill it")])
    }
  }
  if (adaptive !== undefined) {
    const problems = adaptiveProblems(adaptive)
    if (problems.length > 0) throw studyError(problems)
    if (hasFunction(input)) {
      throw studyError([
        problem(
          "adaptive",
          "an adaptive study is written out anew in every round, which functions cannot be; use rules",
        ),
      ])
    }
  }
  return input as StudyInput
}

const make = (input: StudyInput): StudyDocument => {
  const checked = check(input)
  const expansion = expand(checked)
  const { version: _, name = "study", ...fields } = checked
  const study: StudyDocument = Object.freeze({
    version: STUDY_VERSION,
    name,
    ...(hasFunction(fields)
      ? { runs: expansion.runs.map(({ runId: _, ...run }) => run) }
      : (JSON.parse(JSON.stringify(fields)) as typeof fields)),
  })
  expansions.set(study, expansion)
  return study
}

/** A study checked and written out once; the same object costs nothing the second time. */
const written = (study: StudyDocument): Expansion => {
  const known = expansions.get(study)
  if (known !== undefined) return known
  const expansion = expand(check(study))
  expansions.set(study, expansion)
  return expansion
}

const attempt = <A>(evaluate: () => A): Effect.Effect<A, StudyError> =>
  Effect.try({ try: evaluate, catch: (fault) => fault }).pipe(
    Effect.catch((fault) => (fault instanceof StudyError ? Effect.fail(fault) : Effect.die(fault))),
  )

export const Study = {
  /**
   * Checks a study and gives its plain JSON form. Functions are evaluated here and recorded as the runs they give.
   *
   * Throws `StudyError` with every problem found: unknown fields, rules that read what is not set, runs that
   * contradict themselves.
   */
  make,
  /** The same for a document of unknown origin (a JSON file, a module's default export). */
  decode: (document: unknown): Effect.Effect<StudyDocument, StudyError> => attempt(() => make(document as StudyInput)),
  /** Its runs, each once, with the horizons to read; fails with every problem found. */
  expand: (study: StudyDocument): Effect.Effect<Expansion, StudyError> => attempt(() => written(study)),
  /** SHA-256 of its canonical JSON: equal for equal documents. */
  hash: (study: StudyDocument): string => canonicalHash(study),
}
export type Study = StudyDocument
