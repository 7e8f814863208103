/**
 * Seeded noise on computed losses, so that they look like measured ones: a pure function of the seed, the trunk, the run, the step and
 * the average, hence the same however a run is cut or what else is read.
 */
import { random } from "@ts/random"

export interface EvaluationNoise {
  /** Standard deviation of one reading, nats. */
  readonly deviation: number
  /** Part of the variance that all readings of one trunk share, 0 to 1: what the initial weights and the order of the data do to a run. */
  readonly shared: number
  readonly seed: number
}

/** A field of the noise outside its domain. */
export class EvaluationNoiseError extends RangeError {
  readonly field: string
  constructor(field: string, value: unknown, wanted: string) {
    super(`${field} is ${String(value)}; it must be ${wanted}`)
    this.field = field
  }
}

/** @throws {EvaluationNoiseError} naming the field that is out of range, e.g. `noise.shared` */
export const validateEvaluationNoise = ({ deviation, shared, seed }: EvaluationNoise): void => {
  if (!(deviation >= 0 && deviation < Number.POSITIVE_INFINITY))
    throw new EvaluationNoiseError("noise.deviation", deviation, "a finite number of nats, 0 or more")
  if (!(shared >= 0 && shared <= 1))
    throw new EvaluationNoiseError("noise.shared", shared, "a part of the variance, 0 to 1")
  if (!Number.isSafeInteger(seed)) throw new EvaluationNoiseError("noise.seed", seed, "a whole number")
}

/**
 * The noise of one run, nats, by step and name of the average (`none` for the raw weights).
 *
 * @param trunk id of the run whose luck this one shares: its own or, for a branch, its trunk's
 */
export const evaluationNoise = (
  { deviation, shared, seed }: EvaluationNoise,
  run: string,
  trunk = run,
): ((step: number, average: string) => number) => {
  if (deviation === 0) return () => 0
  const common = deviation * Math.sqrt(shared) * random(seed, `evaluation noise/trunk/${trunk}`).normal(0)
  const own = deviation * Math.sqrt(1 - shared)
  const draws = new Map<string, (step: number) => number>()
  return (step, average) => {
    const draw = draws.get(average) ?? random(seed, `evaluation noise/${run}/${average}`).normal
    draws.set(average, draw)
    return common + own * draw(step)
  }
}
