import type { Assignment } from "./Backend.ts"
import { stepBoundary } from "./startingCheckpoint.ts"

/** Tokens that a run reads at most: to the end of its last step, and the noise scale's probes past a reading. */
export const tokensNeeded = ({ spec, until, evaluateAt, noiseScale }: Assignment): number => {
  const end = stepBoundary(spec, until)
  if (noiseScale === undefined || evaluateAt.length === 0) return end
  return Math.max(end, stepBoundary(spec, Math.max(...evaluateAt)) + noiseScale.big * noiseScale.samples)
}
