/** What of a study a backend cannot do, found from its manifest alone. */
import type { Capabilities } from "@ts/backend"
import { problem, type StudyProblem } from "../errors.ts"
import { valueAt } from "../study/loose.ts"
import type { StudyRun } from "../study/Study.ts"

/** What a branch is called in a study. */
const branchField = ({ spec, probes }: StudyRun): string =>
  spec.schedule.kind === "warmup_stable_decay" ? "decays" : probes === undefined ? "origin" : "branches"

/** Tells of every run what the backend cannot do of it. */
export const incapabilities = (able: Capabilities): ((run: StudyRun) => ReadonlyArray<StudyProblem>) => {
  const { backend, numerics } = able
  const maxima = Object.entries(able.maxima).map(([field, maximum]) => [field, field.split("."), maximum] as const)
  const none: ReadonlyArray<StudyProblem> = []
  return (run) => {
    const { spec, averages, noiseScale } = run
    const unread = averages.length > 0 && !able.averages
    const unmeasured = noiseScale !== undefined && !able.noiseScale
    const unbranched = spec.origin !== undefined && !(able.branching && able.checkpoints)
    const over = maxima.filter(([, path, maximum]) => {
      const value = valueAt(spec, path)
      return typeof value === "number" && value > maximum
    })
    if (numerics[spec.precision] !== undefined && !unread && !unmeasured && !unbranched && over.length === 0)
      return none
    const offered = Object.keys(numerics).join(" or ")
    return [
      ...(numerics[spec.precision] === undefined
        ? [problem("precision", `${backend} does not offer ${spec.precision}; use ${offered}`)]
        : []),
      ...(unread ? [problem("averages", `${backend} reads no weight averages; leave them out`)] : []),
      ...(unmeasured ? [problem("noiseScale", `${backend} measures no gradient noise scale; leave it out`)] : []),
      ...(unbranched
        ? [problem(branchField(run), `${backend} cannot branch from another run; leave decays and branches out`)]
        : []),
      ...over.map(([field, path, maximum]) =>
        problem(field, `${valueAt(spec, path)} exceeds what ${backend} can do, ${maximum}; use at most that`),
      ),
    ]
  }
}
