import { availableParallelism } from "node:os"
import { type Device, type DeviceInfo, opKinds, requireOperations, UnknownName, validate } from "@ts/program"
import { makeExecutable } from "./executable.ts"
import { chooseInstructionSet, type InstructionSet, loadNative, type Native } from "./native.ts"
import { compilePlan } from "./plan.ts"

export interface CpuOptions {
  /** By default `TT_CPU_ISA` from the environment, else the best the machine has. */
  readonly instructionSet?: InstructionSet
  /** Most threads that the lanes of one executable are spread over; one lane never uses two. Default: one per core. */
  readonly threads?: number
}

/** Tokens of a block; part of what the numbers are, so part of `numericsId`'s version. */
const blockTokens = 256
const kernelVersion = "v1"
const maxLanes = 64

const titles: Readonly<Record<InstructionSet, string>> = {
  avx512: "AVX-512",
  avx2: "AVX2",
  portable: "portable code",
}

/** What a training step reaches of the peak that `calibrate` measures: 0.64 to 0.76 in bench/README.md. */
const shareOfPeak = 0.65

const speeds = new Map<InstructionSet, number>()
/** Peak, measured once per process and instruction set, in 50 ms. */
const speedOf = (native: Native, isa: InstructionSet): number => {
  const speed = speeds.get(isa) ?? native.calibrate(isa, 0.05)
  speeds.set(isa, speed)
  return speed
}

const checkCount = (name: string, value: number, most = Number.POSITIVE_INFINITY): void => {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    const range = most === Number.POSITIVE_INFINITY ? "a positive integer" : `an integer from 1 to ${most}`
    throw new RangeError(`${name} must be ${range}, not ${value}`)
  }
}

/**
 * The CPU as a device: float32, one lane per core.
 *
 * Numbers are bit-identical within an instruction set, whatever the lanes, threads and micro-batches. The gradient is
 * the sum, from left to right, of the gradients of blocks of `blockSequences` sequences (about 256 tokens).
 * @throws {CpuUnavailable} when the addon is not built, or the machine lacks the instruction set asked for
 */
export const cpuDevice = async (options: CpuOptions = {}): Promise<Device> => {
  const cores = availableParallelism()
  const threads = options.threads ?? cores
  checkCount("threads", threads)
  const native = loadNative()
  const isa = chooseInstructionSet(native, options.instructionSet)
  const info: DeviceInfo = {
    kind: "cpu",
    name: `${titles[isa]}, ${cores} ${cores === 1 ? "core" : "cores"}`,
    numericsId: `cpu-${isa}-f32-${kernelVersion}`,
    precision: "f32",
    operations: opKinds,
    maxLanes,
    concurrency: cores,
    deterministic: true,
    flopsPerSecond: shareOfPeak * speedOf(native, isa),
  }
  return {
    info,
    compile: async (training, { lanes, microBatch, keep = [] }) => {
      checkCount("lanes", lanes, maxLanes)
      checkCount("microBatch", microBatch)
      requireOperations(info, training)
      validate(training)
      const activations = training.buffers.filter(({ storage }) => storage === "activation").map(({ name }) => name)
      const unknown = keep.find((name) => !training.buffers.some((buffer) => buffer.name === name))
      if (unknown !== undefined) throw new UnknownName("buffer", unknown, activations)
      const blockSequences = Math.max(1, Math.floor(blockTokens / training.sequenceLength))
      const plan = compilePlan({ training, blockSequences, microBatch, keep })
      const session = new native.Session(isa, plan.integers, plan.reals, lanes, threads)
      return makeExecutable({ training, plan, session, blockSequences, microBatch, lanes, keep })
    },
  }
}
