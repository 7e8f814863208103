import type { Law } from "@ts/fit"
import { holdsFor, predictionFindings } from "../findings/prediction.ts"
import { conditionsOf, type ReportOptions } from "../options.ts"
import { askedAgain } from "../published/advice.ts"
import { publishedFinding } from "../published/finding.ts"
import { findingLines } from "./finding-lines.ts"
import type { Paint } from "./paint.ts"

/**
 * Predictions, and after each what published laws would say of the same run.
 *
 * @param stated whether the conditions of the law stand at the top, so that they need not be repeated
 */
export const predictionLines = (
  law: Law,
  { predictions = [], conditions, published }: ReportOptions,
  { width, paint, stated }: { readonly width: number; readonly paint: Paint; readonly stated: boolean },
): ReadonlyArray<string> => {
  const atTop = stated && conditionsOf(law.conditions, conditions).length > 0
  const said = new Set(predictions.filter((p) => p.conditions === law.conditions).map((p) => holdsFor(p, conditions)))
  const shortened = (note: string) => (atTop && said.has(note) ? "holds for: the conditions at the top" : note)
  return predictionFindings(predictions, conditions).flatMap((finding, i) => {
    const p = predictions[i]
    return [
      ...findingLines({ ...finding, notes: finding.notes.map(shortened) }, width, paint),
      ...(published === false || askedAgain(p, predictions.slice(i + 1))
        ? []
        : findingLines(publishedFinding(law, p, published), width, paint)),
    ]
  })
}
