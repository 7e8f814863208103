import type { Bench } from "./bench.ts"

export interface CaseOptions {
  /** Processes killed in each of the cases about kills; 4 unless given. */
  readonly kills?: number
  /** Milliseconds without an event after which the backend counts as hanging; 2000 unless given. */
  readonly silence?: number
  /** Ids of the worker processes that the backend has at work in this process. */
  readonly workers?: () => ReadonlyArray<number>
}

/** One fault that a sweep on a backend has to come through. */
export interface FaultCase {
  readonly name: string
  /** Why the fault cannot be brought about here; undefined where it can. */
  readonly skip?: (bench: Bench) => string | undefined
  readonly run: (bench: Bench) => Promise<void>
}
