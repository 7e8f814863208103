import { type OptimizerKind, type Training, training as trainingOf } from "@ts/program"
import type { Mpt } from "./mpt.ts"

/**
 * Forward, gradient and update of a decoder, with weight averages of the given names. It depends on the shape alone:
 * rates, decays, multipliers and seeds are run-time scalars and data of a lane, so one compiled program serves them all.
 */
export const training = (model: Mpt, optimizer: OptimizerKind, averages: readonly string[] = []): Training =>
  trainingOf(model.forward, { optimizer, averages })
