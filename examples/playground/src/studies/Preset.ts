/** A study that the page offers: what can be set about it, and the study that follows from the settings. */
import type { StudyInput } from "@ts/sweep"
import type { TextRef } from "../texts/TextRef.ts"

/** A setting with a slider. */
export interface Dial {
  readonly name: string
  readonly label: string
  readonly from: number
  readonly to: number
  readonly step: number
  readonly initial: number
  /** As shown beside the slider. */
  readonly text: (value: number) => string
}

export type Settings = Readonly<Record<string, number>>

/** What is known of the answer beforehand. */
export interface Truth {
  /** The peak of the bell, tokens. */
  readonly peakBatch: (tokens: number) => number
  readonly eta: (batch: number, tokens: number) => number
}

export type PresetId = "least-squares" | "declared-law" | "transformer" | "own-text"

export interface Preset {
  readonly id: PresetId
  readonly title: string
  /** One or two sentences for somebody who has never seen it. */
  readonly summary: string
  /** Where its losses come from, in three or four words. */
  readonly source: string
  readonly dials: (text?: TextRef) => ReadonlyArray<Dial>
  /** Whether a run is over so soon that one has to slow it down to see anything. */
  readonly quick: boolean
  /** Whether it wants a text of the user's; `study` is given it. */
  readonly ownText?: boolean
  readonly study: (settings: Settings, text?: TextRef) => StudyInput
  readonly truth?: (settings: Settings) => Truth
}
