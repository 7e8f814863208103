import { type Estimate, isEstimate, type Result, standardErrorOf } from "../../packages/fit/src/index.ts"

/** The estimate; what is not identified cannot be compared. */
export const known = (result: Result, what: string): Estimate => {
  if (isEstimate(result)) return result
  throw new Error(`${what} is not identified: ${result.message}`)
}

export const valueOf = ({ value }: Estimate): number => value

export const errorOf = (estimate: Estimate): number => standardErrorOf(estimate) ?? NaN

export const endsOf = ({ interval }: Estimate): ReadonlyArray<number> =>
  interval === undefined ? [] : [interval.low, interval.high]
