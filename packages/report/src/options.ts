import type { Conditions, Prediction, Provenance, PublishedInput, Question, Row } from "@ts/fit"

/** A prediction, and the model it was asked for where that is not the law's own. */
export interface RunPrediction extends Prediction {
  /** d_model. */
  readonly width?: number
  /** Parameters. */
  readonly size?: number
}

export interface ReportOptions {
  /** Name of the study. */
  readonly title?: string
  /** From `predict`; shown in the order given. */
  readonly predictions?: ReadonlyArray<RunPrediction>
  /** What published laws may take for known besides what the law and the predictions say: weight decay, noise scale …; `false` leaves them out. */
  readonly published?: PublishedInput | false
  /** What the next runs should settle; see `nextRuns` of @ts/fit. */
  readonly questions?: ReadonlyArray<Question>
  /** Shown besides the law's own conditions: model, data, schedule, seeds … */
  readonly conditions?: Conditions
  /** Where the rows come from; see `provenanceOf`. */
  readonly provenance?: ReadonlyArray<Provenance>
}

/** The distinct origins of rows, in order of appearance. */
export const provenanceOf = (rows: ReadonlyArray<Row>): ReadonlyArray<Provenance> => {
  const seen = new Map<string, Provenance>()
  for (const { provenance } of rows) {
    const { backend, numericsId, synthetic, source } = provenance
    const key = JSON.stringify([backend, numericsId, synthetic === true, source])
    if (!seen.has(key)) seen.set(key, provenance)
  }
  return [...seen.values()]
}

/** The law's conditions and those given besides. */
export const conditionsOf = (own: Conditions, more: Conditions | undefined): ReadonlyArray<readonly [string, string]> =>
  Object.entries({ ...own, ...more }).map(([name, value]) => [name, conditionValue(value)] as const)

const conditionValue = (value: string | number | boolean): string =>
  typeof value === "boolean" ? (value ? "yes" : "no") : String(value)
