/** What the page and the engine say to each other. The engine runs studies and knows nothing of laws. */
import type { Row } from "@ts/fit"
import type { RunStanding } from "@ts/sweep"
import type { Choice } from "../studies/Choice.ts"
import type { Chosen, Wish } from "./backends.ts"

export type EngineOrder =
  /** First: opens the study and says how it stands. `kept`: in this browser's storage, or only as long as the page. */
  | {
      readonly do: "open"
      readonly choice: Choice
      readonly kept: boolean
      readonly wish?: Wish
      /** The text of the choice, where the page has it; else it is looked for where texts are kept. */
      readonly text?: Blob
    }
  /** `watchable`: runs that take no time are slowed down so far that one can follow. */
  | { readonly do: "run"; readonly watchable: boolean }
  | { readonly do: "pause" }
  /** Last: lets go of the study's files. */
  | { readonly do: "close" }

export interface RunMark {
  readonly runId: string
  readonly batch: number
  readonly eta: number
  /** The longest horizon asked for, tokens. */
  readonly until: number
  readonly standing: RunStanding | "running"
  /** The furthest step heard of, tokens. */
  readonly tokens: number
  readonly reason?: string
}

/** A loss while a run trains. */
export interface Trace {
  readonly runId: string
  readonly tokens: number
  readonly loss: number
  /** Mean over the step's batch, or over the validation set. */
  readonly of: "training" | "validation"
}

/** Why something cannot be had, for the page to choose the way out. */
export type Trouble = "another tab" | "no storage" | "no text" | "other"

export type EngineReport =
  | ({ readonly is: "opened"; readonly runs: ReadonlyArray<RunMark> } & Pick<Chosen, "device" | "accelerator">)
  /** A few steps are trained, to tell what the runs would take. */
  | { readonly is: "measuring" }
  /** What they would take, seconds; absent where it could not be measured, or the runs were started before. */
  | { readonly is: "measured"; readonly seconds?: number }
  | { readonly is: "rows"; readonly rows: ReadonlyArray<Row> }
  | {
      readonly is: "moved"
      readonly runs: ReadonlyArray<RunMark>
      readonly traces: ReadonlyArray<Trace>
      readonly secondsLeft?: number
    }
  | { readonly is: "running" }
  | { readonly is: "paused" }
  | { readonly is: "finished" }
  | { readonly is: "closed" }
  | { readonly is: "failed"; readonly trouble: Trouble; readonly message: string }
