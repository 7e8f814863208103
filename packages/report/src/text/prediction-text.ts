import type { Law } from "@ts/fit"
import { nextRunsFinding } from "../findings/next-runs.ts"
import { findingLines } from "./finding-lines.ts"
import { paintFor } from "./paint.ts"
import { predictionLines } from "./prediction-lines.ts"
import type { TextOptions } from "./text-report.ts"

/** The predictions alone for the terminal, with what published laws would say of the same runs and the runs worth training next. Ends with a newline. */
export const predictionText = (law: Law, options: TextOptions = {}): string => {
  const width = Math.max(60, options.width ?? 100)
  const paint = paintFor(options.color ?? false)
  const lines = [
    ...predictionLines(law, options, { width, paint, stated: false }),
    ...(options.questions ?? []).flatMap((question) => findingLines(nextRunsFinding(law, question), width, paint)),
  ]
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`
}
