/** A cap on what one call of `Sweep.run` may spend. */
import { problem, type StudyProblem } from "../errors.ts"

export interface Budget {
  /** To train, counting what is trained twice after a failure. */
  readonly tokens?: number
  /** Wall time. Nothing is started after it, nor what is expected to take longer; what is under way ends. */
  readonly seconds?: number
}

/** The budget did not reach for what is left; the next sweep goes on from here. */
export interface Stopped {
  readonly _tag: "BudgetSpent"
  readonly of: "tokens" | "seconds"
  readonly limit: number
  readonly spent: number
  /** Runs with something left to do. */
  readonly runsLeft: number
}

export const budgetProblems = (budget: Budget): ReadonlyArray<StudyProblem> =>
  (["tokens", "seconds"] as const).flatMap((field) => {
    const value = budget[field]
    if (value === undefined || value > 0) return []
    return [problem(`budget.${field}`, `${value} buys nothing; give a positive number of ${field}, or leave it out`)]
  })

export interface Purse {
  /** Puts tokens aside for work about to start, or tells what does not reach. `expected`: seconds it will take, if known. */
  readonly reserve: (tokens: number, elapsed: number, expected: number | undefined) => "tokens" | "seconds" | undefined
  /** The work ended, and took so many. */
  readonly settle: (reserved: number, tokens: number) => void
  readonly spent: () => number
}

export const makePurse = ({ tokens = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY }: Budget): Purse => {
  let [reserved, spent] = [0, 0]
  return {
    reserve: (wanted, elapsed, expected = 0) => {
      if (elapsed >= seconds || elapsed + expected > seconds) return "seconds"
      if (spent + reserved + wanted > tokens) return "tokens"
      reserved += wanted
      return undefined
    },
    settle: (aside, used) => {
      reserved -= aside
      spent += used
    },
    spent: () => spent,
  }
}
