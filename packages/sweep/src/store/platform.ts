/**
 * What a store asks of the machine under it. `#platform` stands for the one at hand, Node's or a browser's: see `imports` in
 * package.json.
 */
import type { CheckpointStore } from "@ts/backend"
import type { Effect, Scope } from "effect"
import type { SqliteFile } from "./sqlite.ts"

/** An open study. */
export interface Opened {
  readonly file: SqliteFile
  readonly checkpoints: CheckpointStore["Service"]
}

export interface Platform {
  /** Fails with what SQLite or the system said, or a `StoreError`. A database, made when it is not there, and the checkpoints beside it; `:memory:` is gone with the scope. */
  readonly open: (path: string) => Effect.Effect<Opened, unknown, Scope.Scope>
  /** This process, as other drivers of a store may know it. */
  readonly pid: number
  readonly host: () => string
  readonly processExists: (pid: number) => boolean
}
