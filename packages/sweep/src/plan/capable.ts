/** What of a study a backend cannot do, found from its manifest alone. */
import type { Capabilities } from "@ts/backend"
import { problem, type StudyProblem } from "../errors.ts"
import { valueAt } from "../study/loose.ts"
import type { StudyRun } from "../study/Study.ts"

export const incapabilities = (
  able: Capabilities,
  { spec, averages, noiseScale }: StudyRun,
): ReadonlyArray<StudyProblem> => {
  const problems: Array<StudyProblem> = []
  const { backend } = able
  if (able.numerics[spec.precision] === undefined) {
    const offered = Object.keys(able.numerics).join(" or ")
    problems.push(problem("precision", `${backend} does not offer ${spec.precision}; use ${offered}`))
  }
  if (averages.length > 0 && !able.averages) {
    problems.push(problem("averages", `${backend} reads no weight averages; leave them out`))
  }
  if (noiseScale !== undefined && !able.noiseScale) {
    problems.push(problem("noiseScale", `${backend} measures no gradient noise scale; leave it out`))
  }
  if (spec.origin !== undefined && !able.branching) {
    problems.push(problem("origin", `${backend} cannot branch from another run; leave branches out`))
  }
  for (const [field, maximum] of Object.entries(able.maxima)) {
    const value = valueAt(spec, field.split("."))
    if (typeof value === "number" && value > maximum) {
      problems.push(problem(field, `${value} exceeds what ${backend} can do, ${maximum}; use at most that`))
    }
  }
  return problems
}
