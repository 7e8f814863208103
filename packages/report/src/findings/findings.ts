import type { Law } from "@ts/fit"
import { bestBatch } from "./best-batch.ts"
import { critical } from "./critical.ts"
import { dropped } from "./dropped.ts"
import type { Finding } from "./finding.ts"
import { form } from "./form.ts"
import { lossLaw } from "./loss-law.ts"
import { noise } from "./noise.ts"
import { optima } from "./optima.ts"
import { peak } from "./peak.ts"
import { regimes } from "./regimes.ts"
import { sensitivityFinding } from "./sensitivity.ts"
import { widthFindings } from "./width.ts"

/** What a law says in words, in the order of the terminal report; both reports quote these sentences. */
export const findings = (law: Law): ReadonlyArray<Finding> =>
  [
    optima(law),
    bestBatch(law),
    critical(law),
    regimes(law),
    form(law),
    peak(law),
    lossLaw(law),
    ...widthFindings(law),
    sensitivityFinding(law),
    noise(law),
    dropped(law),
  ].filter((finding) => finding !== undefined)
