import type { Backend, Capabilities, CheckpointStore } from "@ts/backend"
import type { Effect } from "effect"

/** One demand of the run-level contract. */
export interface Case {
  readonly name: string
  /** Why the case does not apply to such a backend; undefined where it does. */
  readonly skip?: (capabilities: Capabilities) => string | undefined
  readonly run: Effect.Effect<void, unknown, Backend | CheckpointStore>
}
