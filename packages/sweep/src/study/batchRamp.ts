/** A batch-size schedule that follows a fitted critical batch, so that the recommendation can be put to the test. */
import type { BatchSchedule } from "@ts/backend"
import { isEstimate, type Law, type NotIdentified } from "@ts/fit"
import { ScheduleError, validateBatchSchedule } from "@ts/schedule"

export interface BatchRampOptions {
  /** The batch at the peak of eta*(B), or the one that needs `overhead` more data than the smallest. */
  readonly follows: "peak" | "overhead"
  /** Of that batch; 1 by default. */
  readonly share?: number
  /** Bounds, tokens: whole multiples of `multiple`. */
  readonly min: number
  readonly max: number
  /** The batch is rounded to whole multiples of so many tokens: of a sequence, or of what the devices want. */
  readonly multiple: number
}

export interface BatchRamp {
  readonly _tag: "BatchRamp"
  /** For `batch` of a study. */
  readonly schedule: Extract<BatchSchedule, { kind: "power" }>
  /** What it takes for granted. */
  readonly notes: ReadonlyArray<string>
}

/**
 * `share` times the critical batch of the tokens consumed so far: B(n) = share * B_0 (n / T_0)^p, kept within [`min`, `max`], by the
 * power law of the law in the horizon. A law of horizons is read as one of positions: that the batch which is critical for a run of
 * n tokens is so after n tokens of a longer one is what such a run tests, beside constant batches.
 *
 * Where the law does not identify prefactor and exponent, why. Throws `ScheduleError` for options out of their domain.
 */
export const batchRamp = (
  { powerLaws }: Pick<Law, "powerLaws">,
  { follows, share = 1, min, max, multiple }: BatchRampOptions,
): BatchRamp | NotIdentified => {
  if (!(share > 0 && share < Number.POSITIVE_INFINITY)) throw new ScheduleError("share", share, "above 0")
  if (follows !== "peak" && follows !== "overhead") throw new ScheduleError("follows", follows, `"peak" or "overhead"`)
  validateBatchSchedule({ kind: "power", coefficient: 1, exponent: 0, min, max, multiple })
  const { prefactor, exponent, reference, horizons } = powerLaws[follows === "peak" ? "peakBatch" : "overheadBatch"]
  if (!isEstimate(prefactor)) return prefactor
  if (!isEstimate(exponent)) return exponent
  const [first, last] = [Math.min(...horizons), Math.max(...horizons)]
  return {
    _tag: "BatchRamp",
    schedule: {
      kind: "power",
      coefficient: share * prefactor.value * reference ** -exponent.value,
      exponent: exponent.value,
      min,
      max,
      multiple,
    },
    notes: [
      `The law was fitted to horizons of ${first} to ${last} tokens; before and after, the schedule goes on along it within its bounds.`,
      ...(exponent.value <= 0
        ? ["The fitted batch does not grow with the horizon: this schedule does not either."]
        : []),
    ],
  }
}
