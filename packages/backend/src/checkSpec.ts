/** Contradictions within a spec that its schema cannot see; every backend refuses them with the same sentences. */

import { ScheduleError, validateBatchSchedule, validateLrSchedule } from "@ts/schedule"
import type { Assignment } from "./Backend.ts"
import { BackendError } from "./BackendError.ts"
import { type RunSpec, runId } from "./RunSpec.ts"

export interface Problem {
  /** Path of the field, e.g. `model.n_heads`. */
  readonly field: string
  /** What is wrong with which value, and the way out. */
  readonly message: string
}

export const checkSpec = (spec: RunSpec): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const add = (field: string, message: string) => problems.push({ field, message: `${field}: ${message}` })
  const { model, batch, schedule, parametrisation: p } = spec
  const S = model.max_seq_len
  if (model.d_model % model.n_heads !== 0) {
    add(
      "model.n_heads",
      `width ${model.d_model} is not divisible by ${model.n_heads} heads; choose a divisor of the width`,
    )
  } else if (model.positions === "rope" && (model.d_model / model.n_heads) % 2 !== 0) {
    add("model.n_heads", `rotary positions need an even head size, not ${model.d_model / model.n_heads}`)
  }
  if (p.kind !== "standard" && p.baseWidth % (p.baseHeads ?? model.n_heads) !== 0) {
    add(
      "parametrisation.baseWidth",
      `base width ${p.baseWidth} is not divisible by ${p.baseHeads ?? model.n_heads} heads; set baseHeads to a divisor`,
    )
  }
  const batchSizes: ReadonlyArray<readonly [string, number]> =
    batch.kind === "constant"
      ? [["batch.tokens", batch.tokens]]
      : batch.kind === "steps"
        ? batch.pieces.map((piece, i) => [`batch.pieces[${i}].tokens`, piece.tokens] as const)
        : [
            ["batch.min", batch.min],
            ["batch.max", batch.max],
            ["batch.multiple", batch.multiple],
          ]
  for (const [field, tokens] of batchSizes) {
    if (tokens < S) add(field, `a batch of ${tokens} tokens is smaller than one sequence of ${S}; use at least ${S}`)
    else if (tokens % S !== 0) {
      add(
        field,
        `a batch of ${tokens} tokens is not a whole number of sequences of ${S}; use ${Math.round(tokens / S) * S}`,
      )
    }
  }
  // Each schedule knows its own contradictions.
  for (const [path, validate] of [
    ["batch", () => validateBatchSchedule(batch)],
    ["schedule", () => validateLrSchedule(schedule)],
  ] as const) {
    try {
      validate()
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error
      problems.push({ field: `${path}.${error.field}`, message: `${path}.${error.message}` })
    }
  }
  const { source, tokenizer } = spec.data
  if ((source.kind === "synthetic") !== (tokenizer.kind === "none")) {
    add("data.tokenizer", "a synthetic source goes with the tokenizer `none`, and only that source does")
  }
  if (source.kind === "synthetic" && source.vocabulary > model.vocab_size) {
    add("model.vocab_size", `${model.vocab_size} is smaller than the source's vocabulary of ${source.vocabulary}`)
  }
  if (tokenizer.kind === "bpe" && tokenizer.vocabulary > model.vocab_size) {
    add("model.vocab_size", `${model.vocab_size} is smaller than the tokenizer's vocabulary of ${tokenizer.vocabulary}`)
  }
  return problems
}

const checkReadings = (assignment: Assignment): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  for (const field of ["evaluateAt", "checkpointAt"] as const) {
    const late = assignment[field].find((tokens) => tokens > assignment.until)
    if (late !== undefined) {
      problems.push({
        field,
        message: `${field}: ${late} tokens lies past the end of the run at ${assignment.until}; raise until`,
      })
    }
  }
  const { averages } = assignment
  const odd = averages.find((decay, i) => !(decay >= 0 && decay < 1) || averages.indexOf(decay) < i)
  if (odd !== undefined) {
    const message = `averages: ${odd} ${averages.indexOf(odd) === averages.lastIndexOf(odd) ? "is no decay of a weight average; use 0 or more, and below 1" : "is there twice; name each decay once"}`
    problems.push({ field: "averages", message })
  }
  const { schedule } = assignment.spec
  if ("horizon" in schedule && assignment.until > schedule.horizon) {
    problems.push({
      field: "until",
      message: `until: ${assignment.until} tokens lies past the schedule's horizon ${schedule.horizon}; such a run cannot be extended`,
    })
  }
  return problems
}

/** The first contradiction of any assignment as an error, or undefined. */
export const checkAssignments = (backend: string, assignments: ReadonlyArray<Assignment>): BackendError | undefined => {
  for (const assignment of assignments) {
    const [problem] = [...checkSpec(assignment.spec), ...checkReadings(assignment)]
    if (problem !== undefined) {
      return new BackendError({
        backend,
        reason: "InvalidSpec",
        message: problem.message,
        retryable: false,
        field: problem.field,
        runId: runId(assignment.spec),
      })
    }
  }
  return undefined
}
