/** What can be asked of a sweep beside its plan. */
import type { BackendError } from "@ts/backend"
import type { Duration, Schedule } from "effect"
import type { Budget } from "./budget.ts"
import type { PrunePolicy } from "./prune.ts"

/**
 * Which checkpoints of a run stay once it is done and no branch still starts from it. `all`: every one; `last`: those the study
 * asks for by `checkpointAt`, and the newest where the run can be extended (it did not diverge, was not pruned, and its schedule
 * has not ended); `none`: none.
 */
export type KeepCheckpoints = "all" | "last" | "none"

export interface RunOptions {
  /**
   * When to try again after a retryable error. By default it depends on the reason. A failed device or checkpoint: 3 times,
   * after 1, 2 and 4 s. An unavailable device: 10 times, after 10, 20, 40 s and so on up to 5 minutes. Both with jitter, and anew
   * whenever a run gets further. Bad data, specs and requests: never, even with a schedule of your own.
   */
  readonly retry?: Schedule.Schedule<unknown, BackendError>
  /** A bundle silent for this long is interrupted and tried again; by default never. */
  readonly stallTimeout?: Duration.Input
  /** Stops runs without hope; by default none. `hopeless()` is a policy for constant learning rates. */
  readonly prune?: PrunePolicy
  /** No work is started beyond it; what is under way ends. By default there is no limit. */
  readonly budget?: Budget
  /** `last` unless told otherwise. */
  readonly keepCheckpoints?: KeepCheckpoints
  /** A run stops at a horizon, for others to get as far, when getting there takes at least so many seconds; 5 unless told otherwise, or 20 times what a bundle waits in a queue. */
  readonly stageSeconds?: number
}
