/** All that the page knows. Parts of the page draw themselves from it. */
import type { Row } from "@ts/fit"
import type { PredictionView } from "../analyst/prediction.ts"
import type { LawView } from "../analyst/view.ts"
import type { Chosen } from "../engine/backends.ts"
import type { RunMark, Trace, Trouble } from "../engine/messages.ts"
import type { Choice } from "../studies/Choice.ts"

/** `choosing`: there is no text yet. */
export type Phase = "opening" | "choosing" | "ready" | "running" | "pausing" | "paused" | "finished" | "failed"

export interface State {
  readonly choice: Choice
  readonly phase: Phase
  /** Whether this browser keeps the study. */
  readonly kept: boolean
  readonly device: string
  readonly accelerator?: Chosen["accelerator"]
  readonly trouble?: { readonly kind: Trouble; readonly message: string }
  readonly runs: ReadonlyMap<string, RunMark>
  /** Of runs at work. */
  readonly traces: ReadonlyMap<string, ReadonlyArray<Trace>>
  readonly secondsLeft?: number
  /** Whether it is being measured what the runs would take. */
  readonly measuring?: true
  /** What they would take, once that is measured, seconds. */
  readonly estimate?: number
  readonly rows: ReadonlyArray<Row>
  readonly law?: LawView
  readonly prediction?: PredictionView
}

export const opening = (choice: Choice, kept: boolean): State => ({
  choice,
  phase: "opening",
  kept,
  device: "",
  runs: new Map(),
  traces: new Map(),
  rows: [],
})

/** Runs that have nothing left to do. */
export const doneOf = ({ runs }: State): number =>
  [...runs.values()].filter(({ standing }) => standing === "complete" || standing === "diverged").length
