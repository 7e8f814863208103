import type { RunSpec } from "@ts/backend"
import { nextBatch, roundToStep, stepsUntil } from "@ts/schedule"

/** The first step boundary of a run at or after `tokens`; a branch counts its steps from where it leaves its parent. */
export const boundaryOf = ({ batch, origin }: Pick<RunSpec, "batch" | "origin">, tokens: number): number => {
  if (batch.kind === "constant") {
    const at = origin?.at ?? 0
    return at + Math.ceil(Math.max(0, tokens - at) / batch.tokens) * batch.tokens
  }
  if (origin === undefined) return roundToStep(batch, tokens)
  let at = origin.at
  while (at < tokens) at += nextBatch(batch, at)
  return at
}

/**
 * Steps up to the first step boundary at or after `tokens`, those of the parents before it included. Without its parent a
 * branch is taken to have had its own batch from the start.
 */
export const stepsTo = (
  spec: Pick<RunSpec, "batch" | "origin">,
  tokens: number,
  parentOf: (runId: string) => Pick<RunSpec, "batch" | "origin"> | undefined,
): number => {
  const { batch, origin } = spec
  const parent = origin === undefined ? undefined : parentOf(origin.parent)
  if (origin === undefined || parent === undefined) return stepsUntil(batch, tokens)
  if (tokens <= origin.at) return stepsTo(parent, tokens, parentOf)
  let [at, steps] = [origin.at, stepsTo(parent, origin.at, parentOf)]
  for (; at < tokens; steps++) at += nextBatch(batch, at)
  return steps
}
