import type { Conditions, Prediction, Provenance, Row } from "@ts/fit"

export interface ReportOptions {
  /** Name of the study. */
  readonly title?: string
  /** From `predict`; shown in the order given. */
  readonly predictions?: ReadonlyArray<Prediction>
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
