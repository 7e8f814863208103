/** What the page and the analyst say to each other. The analyst knows rows, and nothing of how they came about. */
import type { Row } from "@ts/fit"
import type { PredictionView } from "./prediction.ts"
import type { LawView } from "./view.ts"

export type Wanted = "csv" | "json" | "report"

export type AnalystOrder =
  | { readonly do: "rows"; readonly rows: ReadonlyArray<Row> }
  /** `batch` absent: the one the law advises, tokens. */
  | { readonly do: "predict"; readonly tokens: number; readonly batch?: number }
  | { readonly do: "export"; readonly wanted: Wanted; readonly name: string; readonly title: string }

export interface Exported {
  readonly name: string
  readonly type: string
  readonly text: string
}

export type AnalystReport =
  /** With the answer to the last question by this law. */
  | { readonly is: "law"; readonly law: LawView; readonly prediction?: PredictionView }
  | { readonly is: "prediction"; readonly prediction: PredictionView }
  | { readonly is: "export"; readonly file: Exported }
  | { readonly is: "failed"; readonly message: string }
