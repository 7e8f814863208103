/** Whether an order given before answers what is asked now. */
import type { Assignment } from "@ts/backend"

const includes = <A>(all: ReadonlyArray<A>, some: ReadonlyArray<A>): boolean => some.every((one) => all.includes(one))

/** Of the same run: everything asked `now` was asked `before`. Where either starts from is no part of the question. */
export const covers = (before: Assignment, now: Assignment): boolean =>
  before.until >= now.until &&
  includes(before.evaluateAt, now.evaluateAt) &&
  includes(before.checkpointAt, now.checkpointAt) &&
  includes(before.averages, now.averages) &&
  (now.noiseScale === undefined || JSON.stringify(before.noiseScale) === JSON.stringify(now.noiseScale))
