import type { Moment } from "./journalMoments.ts"
import type { BackendModule } from "./loadBackend.ts"

/** When a driver kills itself, with a real SIGKILL. */
export type Kill =
  /** At the n-th event that this process journals, counted from 1; of one kind, if so asked. */
  | { readonly at: "event"; readonly nth: number; readonly moment: Moment; readonly tag?: string }
  /** At the first event that no process of this folder was killed at yet: one by one they meet all of them. */
  | { readonly at: "new event"; readonly moments: ReadonlyArray<Moment> }
  /** Before the n-th change of a file among the checkpoints; of a write, half is there. */
  | { readonly at: "file change"; readonly nth: number }

/** What a driver process is to do. */
export interface DriverTask {
  readonly backend: BackendModule
  readonly folder: string
  readonly kill?: Kill
  /** It is frozen (SIGSTOP) in place of killed, says `stopped` before, and goes on once it is thawed. */
  readonly freeze?: boolean
  /** Milliseconds that each commit takes longer. */
  readonly slow?: number
  /** Milliseconds that its wall clock is ahead. */
  readonly ahead?: number
  /** Where it writes down what was acknowledged, if not in the folder. */
  readonly acknowledgements?: string
}
