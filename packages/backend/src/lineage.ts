/**
 * What a run has been through: its spec, and those of the runs it branched from. Whoever computes losses needs no more to go on, so this is all that
 * its checkpoints hold.
 */
import { stepsUntil } from "@ts/schedule"
import { Schema } from "effect"
import type { Checkpoint } from "./Checkpoint.ts"
import { RunSpec } from "./RunSpec.ts"
import { stepBoundary } from "./startingCheckpoint.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** A step boundary. */
export const Position = Schema.Struct({ tokens: Count, step: Count })
export type Position = typeof Position.Type

/** From `from` to where the next leg begins, a run went by this spec. */
const Leg = Schema.Struct({ spec: RunSpec, from: Position })
export type Leg = typeof Leg.Type

/** The root first, the run itself last. */
export type Lineage = readonly [Leg, ...Array<Leg>]

const Document = Schema.fromJsonString(Schema.NonEmptyArray(Leg))

export const lineageDocument = (lineage: Lineage): Record<string, string> => ({
  lineage: Schema.encodeSync(Document)(lineage),
})

/** The lineage in a checkpoint; undefined where there is none. */
export const lineageIn = ({ documents }: Checkpoint): Lineage | undefined => {
  const found = Schema.decodeUnknownOption(Document)(documents?.["lineage"])
  return found._tag === "Some" ? found.value : undefined
}

/** The first step boundary of the last leg at or after `tokens`. */
export const positionAt = (lineage: Lineage, tokens: number): Position => {
  const { spec, from } = lineage.at(-1)!
  return { tokens: stepBoundary(spec, tokens), step: from.step + stepsUntil(spec.batch, tokens, from.tokens) }
}
