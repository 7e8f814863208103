/**
 * What hangs on a trunk: decayed readings of its horizons, and branches with other batches. A limb is the same for all
 * learning rates and seeds of a trunk's shape, so it is found once.
 */
import type { BatchSchedule, LrSchedule, RunSpec } from "@ts/backend"
import { horizonOf, nextBatch, roundToStep, stepsUntil, tokensAfter } from "@ts/schedule"
import { problem, type StudyProblem } from "../errors.ts"
import type { Asked, Branches, Decay } from "./asked.ts"
import { identities } from "./identity.ts"

/** A run that leaves a trunk at a step boundary of it. */
export interface Limb {
  /** Step boundary of the trunk, tokens. */
  readonly at: number
  readonly schedule: LrSchedule
  readonly batch: BatchSchedule
  /** Learning rate over the trunk's. */
  readonly etaFactor: number
  readonly horizons: ReadonlyArray<number>
  /** Read to be compared with the trunk, not as a reading of the horizon. */
  readonly probe: boolean
}

export interface Limbs {
  readonly limbs: ReadonlyArray<Limb>
  /** Where the trunk itself is read for them. */
  readonly probes: ReadonlyArray<number>
  readonly notes: ReadonlyArray<string>
  readonly problems: ReadonlyArray<StudyProblem>
}

const warmupOf = (schedule: LrSchedule): number => ("warmup" in schedule ? schedule.warmup : 0)

/** The last step boundary at or before a position. */
const boundaryBefore = (batch: BatchSchedule, tokens: number): number => {
  const steps = stepsUntil(batch, tokens)
  return tokensAfter(batch, steps) === tokens ? tokens : tokensAfter(batch, Math.max(0, steps - 1))
}

/**
 * The tail of a `warmup_stable_decay` run of that horizon: it leaves the trunk at the last step boundary before the decay
 * begins, so that its numbers are those of the whole run from the start.
 */
const decayed = (
  { schedule, batch }: RunSpec,
  horizon: number,
  { share, shape }: Decay,
): { readonly limb: Limb } | { readonly note: string } => {
  const warmup = warmupOf(schedule)
  const decayStart = Math.round((1 - share) * horizon)
  const left = (why: string) => ({ note: `the decay over ${share} of ${horizon} tokens is left out: ${why}` })
  if (decayStart < warmup) return left(`it would begin at ${decayStart}, before warmup ends at ${warmup}`)
  const at = boundaryBefore(batch, decayStart)
  const steps = stepsUntil(batch, horizon) - stepsUntil(batch, at)
  if (at === 0 || steps < 2) return left(`at batch ${nextBatch(batch, at)} there are too few steps`)
  return {
    limb: {
      at,
      schedule: { kind: "warmup_stable_decay", warmup, decayStart, horizon, shape, minRatio: 0 },
      batch,
      etaFactor: 1,
      horizons: [horizon],
      probe: false,
    },
  }
}

/** The rate of a branch over the trunk's: with the square root of the batch for Adam, with the batch for SGD (Merrill et al. 2025). */
const etaFactorOf = (rule: Branches["eta"], { optimizer }: RunSpec, factor: number): number => {
  switch (rule ?? (optimizer.kind === "sgd" ? "linear" : "sqrt")) {
    case "sqrt":
      return Math.sqrt(factor)
    case "linear":
      return factor
    case "same":
      return 1
  }
}

/** Branches with other batches; the one with the trunk's own batch is the trunk, read at the same positions. */
const branched = (spec: RunSpec, branches: Branches): Limbs => {
  const { schedule, batch, model } = spec
  const limbs: Array<Limb> = []
  const probes: Array<number> = []
  const notes: Array<string> = []
  const problems: Array<StudyProblem> = []
  const { at: positions, for: within, readings, factors, batches } = branches
  const [warmup, end, S] = [warmupOf(schedule), horizonOf(schedule), model.max_seq_len]
  for (const asked of positions) {
    const at = roundToStep(batch, asked)
    const own = nextBatch(batch, at)
    const left = (why: string) => notes.push(`the branches at ${asked} tokens are left out: ${why}`)
    if (at < warmup) {
      left(`warmup ends at ${warmup}`)
      continue
    }
    if (end !== undefined && at + within > end) {
      left(`the schedule ends at ${end}, before they do at ${at + within}`)
      continue
    }
    if (at !== asked) notes.push(`the branches at ${asked} tokens leave at ${at}, where a step of ${own} ends`)
    const reads = Array.from({ length: readings }, (_, j) => at + Math.round((within * (j + 1)) / readings))
    let grown = false
    for (const tokens of batches ?? factors!.map((factor) => factor * own)) {
      if (tokens === own) continue
      if (!Number.isInteger(tokens) || tokens % S !== 0) {
        const field = batches === undefined ? "branches.factors" : "branches.batches"
        problems.push(
          problem(
            field,
            `a batch of ${tokens} tokens is no whole number of sequences of ${S}; use another, or other batches`,
          ),
        )
        continue
      }
      if (tokens > within) {
        notes.push(`the branch with batch ${tokens} is left out: its ${within} tokens are less than one step`)
        continue
      }
      const stepOf = (position: number) => Math.ceil((position - at) / tokens)
      limbs.push({
        at,
        schedule,
        batch: { kind: "constant", tokens },
        etaFactor: etaFactorOf(branches.eta, spec, tokens / own),
        // Several positions within one step are one reading.
        horizons: reads.filter((position, j) => j === 0 || stepOf(position) !== stepOf(reads[j - 1])),
        probe: true,
      })
      grown = true
    }
    if (grown) probes.push(...reads)
  }
  return { limbs, probes, notes, problems }
}

const limbsOf = (spec: RunSpec, horizons: ReadonlyArray<number>, { decays = [], branches }: Asked): Limbs => {
  const { kind } = spec.schedule
  const steady = kind === "constant" || kind === "constant_with_warmup"
  const tails = steady ? horizons.flatMap((horizon) => decays.map((decay) => decayed(spec, horizon, decay))) : []
  const others = branches === undefined ? undefined : branched(spec, branches)
  return {
    limbs: [...tails.flatMap((tail) => ("limb" in tail ? [tail.limb] : [])), ...(others?.limbs ?? [])],
    probes: others?.probes ?? [],
    notes: [
      ...(steady || decays.length === 0
        ? []
        : [`decays are left out of ${kind} schedules: they start from a constant rate`]),
      ...tails.flatMap((tail) => ("note" in tail ? [tail.note] : [])),
      ...(others?.notes ?? []),
    ],
    problems: others?.problems ?? [],
  }
}

/** `limbsOf`, once for each shape of a trunk and what is asked of it. */
export const limbsReader = () => {
  const identity = identities()
  const known = new Map<string, Limbs>()
  return (spec: RunSpec, horizons: ReadonlyArray<number>, asked: Asked): Limbs => {
    const parts = [spec.schedule, spec.batch, spec.model, spec.optimizer, horizons, asked.decays, asked.branches]
    const key = parts.map(identity).join(" ")
    const found = known.get(key) ?? limbsOf(spec, horizons, asked)
    known.set(key, found)
    return found
  }
}
