/** How many sequences go through `grad` at once: memory and speed, never a number. */
import { type Precision, planMemory, type Training } from "@ts/program"

/** Activations of all lanes together aim for no more than this; beyond a few thousand tokens nothing gets faster. */
const TARGET_BYTES = 2 ** 28
const TARGET_TOKENS = 4096
const BYTES: Readonly<Record<Precision, number>> = { f64: 8, f32: 4, bf16: 4, f16: 4 }

export interface MicroBatchOptions {
  readonly lanes: number
  readonly precision: Precision
  /** Forces the size; memory is then not looked at. */
  readonly tokens: number | undefined
}

/** Sequences in a micro-batch, at least 1; the pool rounds it to whole blocks of the device. */
export const microBatchOf = (training: Training, { lanes, precision, tokens }: MicroBatchOptions): number => {
  const S = training.sequenceLength
  if (tokens !== undefined) return Math.max(1, Math.floor(tokens / S))
  const perSequence = planMemory(training.grad, training.buffers, { rows: S }).total * BYTES[precision] * lanes
  return Math.max(1, Math.floor(Math.min(TARGET_TOKENS / S, TARGET_BYTES / perSequence)))
}
