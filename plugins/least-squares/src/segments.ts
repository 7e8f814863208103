/**
 * A run's steps as segments of equal batch and step size.
 *
 * A constant step makes few segments, however many the steps. Where the step size changes all the time, up to `exactSteps` steps are taken one by
 * one. Longer ramps and decays are cut into blocks of equal steps: `blocks` of them, shorter towards the end of what is asked for, where no block is
 * longer than 1/`grading` of the steps that follow it, so that modes that forget fast see the last steps one by one. The step size of a block is the
 * mean of its steps' (two Gauss points, exact for cubics). Against steps taken one by one, risks and averages agree to 1e-6 (segments.test.ts).
 */
import { type BatchSchedule, factor, type LrSchedule, stretches } from "@ts/schedule"
import type { Segment } from "./moments.ts"

export interface Cutting {
  readonly exactSteps: number
  readonly blocks: number
  readonly grading: number
}

export const defaultCutting: Cutting = { exactSteps: 2 ** 14, blocks: 2 ** 13, grading: 2 ** 9 }

/** A part of a schedule by where its steps end, tokens: past the part before it, up to `until`. */
interface Phase {
  readonly until: number
  readonly constant: boolean
}

function* phases(schedule: LrSchedule): Generator<Phase> {
  const end: Phase = { until: Number.POSITIVE_INFINITY, constant: true }
  if (schedule.kind === "constant") return yield end
  yield { until: schedule.warmup, constant: false }
  switch (schedule.kind) {
    case "constant_with_warmup":
      break
    case "warmup_stable_decay":
      yield { until: schedule.decayStart, constant: true }
      yield { until: schedule.horizon, constant: false }
      break
    case "cosine":
    case "linear":
      yield { until: schedule.horizon, constant: false }
      break
    case "power":
      // Without an end: octave by octave, in each of which the step changes by the same factor.
      for (let until = Math.max(schedule.warmup, schedule.knee); ; until *= 2)
        yield { until, constant: until <= schedule.knee }
  }
  yield end
}

/** Lengths of blocks that make up `count` steps. */
function* blocks(count: number, cutting: Cutting): Generator<number> {
  const longest = count <= cutting.exactSteps ? 1 : Math.ceil(count / cutting.blocks)
  for (let left = count; left > 0; ) {
    const nearest = Math.min(left, count - left)
    const length = Math.max(1, Math.min(longest, Math.floor(nearest / cutting.grading)))
    yield length
    left -= length
  }
}

/** What of a run's spec its steps follow from. */
export interface Stepping {
  /** Step size where the schedule is at its peak. */
  readonly eta: number
  readonly schedule: LrSchedule
  readonly batch: BatchSchedule
}

/** The steps from the boundary `from` to the first one at or after `to`, tokens. */
export const segmentsOf = (
  { eta, schedule, batch }: Stepping,
  from: number,
  to: number,
  cutting = defaultCutting,
): ReadonlyArray<Segment> => {
  const found: Array<Segment> = []
  for (const { start, batch: size, steps } of stretches(batch, to, from)) {
    let done = 0
    for (const { until, constant } of phases(schedule)) {
      const count = Math.min(steps, Math.floor((until - start) / size)) - done
      if (count <= 0) continue
      for (const length of constant ? [count] : blocks(count, cutting)) {
        // Steps 1 to length end at at(1) to at(length); at c - d and c + d a cubic has its mean over them.
        const at = (step: number) => start + (done + step) * size
        const [c, d] = [(length + 1) / 2, constant ? 0 : Math.sqrt((length ** 2 - 1) / 12)]
        const gamma = (eta * (factor(schedule, at(c - d)) + factor(schedule, at(c + d)))) / 2
        found.push({ steps: length, gamma, batch: size })
        done += length
      }
      if (done === steps) break
    }
  }
  return found
}

/** The same with neighbours alike made one, so that it does not matter where a run was cut. */
export const merged = (segments: ReadonlyArray<Segment>): ReadonlyArray<Segment> => {
  const found: Array<Segment> = []
  for (const segment of segments) {
    const last = found.at(-1)
    if (last !== undefined && last.gamma === segment.gamma && last.batch === segment.batch) {
      found[found.length - 1] = { ...last, steps: last.steps + segment.steps }
    } else found.push(segment)
  }
  return found
}
