/**
 * From batches to step boundaries. A position that lies inside a step is rounded up, everywhere: a reading at `T` is taken
 * at the first step boundary at or after `T`, and a run until `T` ends there.
 */
import { type BatchSchedule, batchAt, validateBatchSchedule } from "./batchSchedule.ts"
import { check, requirePosition } from "./ScheduleError.ts"

/** One optimiser step: it consumes the tokens [start, end). */
export interface Step {
  /** Counted from 1. */
  readonly index: number
  readonly start: number
  readonly end: number
  /** `end - start`, tokens. */
  readonly batch: number
}

/** How many steps in a row have the batch of the step at `consumed`; at least 1, no more than `most`. */
const stretch = (schedule: BatchSchedule, consumed: number, batch: number, most: number): number => {
  switch (schedule.kind) {
    case "constant":
      return most
    case "steps": {
      const next = schedule.pieces.find(({ from }) => from > consumed)
      return next === undefined ? most : Math.min(most, Math.ceil((next.from - consumed) / batch))
    }
    case "power": {
      // The batch is monotone in the position: double until it changes, then bisect.
      const same = (steps: number) => batchAt(schedule, consumed + (steps - 1) * batch) === batch
      let [low, high] = [1, 2]
      while (high <= most && same(high)) [low, high] = [high, high * 2]
      high = Math.min(high, most + 1)
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2)
        if (same(middle)) low = middle
        else high = middle
      }
      return low
    }
  }
}

/** Walks whole stretches of equal batch from a boundary until `enough` tokens or steps. */
function* walk(schedule: BatchSchedule, from: number, tokens: number, steps: number): Generator<Stretch> {
  let start = from
  let taken = 0
  while (start < tokens && taken < steps) {
    const batch = batchAt(schedule, start)
    const most = Math.min(Math.ceil((tokens - start) / batch), steps - taken)
    const count = stretch(schedule, start, batch, most)
    const end = start + count * batch
    yield { start, end, batch, steps: count }
    start = end
    taken += count
  }
}

/** Steps in a row of one batch: they consume the tokens [start, end). */
export interface Stretch {
  readonly start: number
  readonly end: number
  /** Tokens in a step. */
  readonly batch: number
  readonly steps: number
}

/**
 * The stretches of equal batch from the boundary `from` to the first one at or after `until`, in order and without gaps: few, however many the
 * steps. Throws `ScheduleError`.
 */
export const stretches = (schedule: BatchSchedule, until: number, from = 0): ReadonlyArray<Stretch> => {
  validateBatchSchedule(schedule)
  requirePosition("until", until)
  requirePosition("from", from)
  return [...walk(schedule, from, until, Number.POSITIVE_INFINITY)]
}

/** The first step boundary at or after `tokens`, of steps that start at the boundary `from`, as a branch's do. Throws `ScheduleError`. */
export const roundToStep = (schedule: BatchSchedule, tokens: number, from = 0): number => {
  requirePosition("tokens", tokens)
  return stretches(schedule, tokens, from).at(-1)?.end ?? from
}

/** Steps from the boundary `from` to the first one at or after `tokens`. Throws `ScheduleError`. */
export const stepsUntil = (schedule: BatchSchedule, tokens: number, from = 0): number => {
  requirePosition("tokens", tokens)
  return stretches(schedule, tokens, from).reduce((sum, { steps }) => sum + steps, 0)
}

/** Tokens consumed by the first `steps` steps. Throws `ScheduleError`. */
export const tokensAfter = (schedule: BatchSchedule, steps: number): number => {
  check(Number.isSafeInteger(steps) && steps >= 0, "steps", steps, "a whole number, 0 or more")
  validateBatchSchedule(schedule)
  const tokens = [...walk(schedule, 0, Number.POSITIVE_INFINITY, steps)].at(-1)?.end ?? 0
  requirePosition("tokens after those steps", tokens)
  return tokens
}

/**
 * The steps from the start of the run to the first boundary at or after `until`, in order and without gaps. Throws
 * `ScheduleError`, when called.
 */
export const steps = (schedule: BatchSchedule, until: number): Iterable<Step> => {
  validateBatchSchedule(schedule)
  requirePosition("until", until)
  return {
    *[Symbol.iterator]() {
      let start = 0
      for (let index = 1; start < until; index++) {
        const batch = batchAt(schedule, start)
        yield { index, start, end: start + batch, batch }
        start += batch
      }
    },
  }
}
