import { backendCases } from "./cases/backend.ts"
import { clockCases } from "./cases/clock.ts"
import { diskCases } from "./cases/disk.ts"
import { fullDisk } from "./cases/fullDisk.ts"
import { killCases } from "./cases/kills.ts"
import { processCases } from "./cases/processes.ts"
import { tornCases } from "./cases/torn.ts"
import type { CaseOptions, FaultCase } from "./faultCase.ts"

/** The cases as data, to run without a test runner. */
export const faultCases = (options: CaseOptions = {}): ReadonlyArray<FaultCase> => [
  ...killCases(options),
  ...processCases(options),
  ...diskCases(),
  fullDisk,
  ...tornCases(),
  ...clockCases(options),
  ...backendCases(options),
]
