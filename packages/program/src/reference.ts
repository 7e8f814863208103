/**
 * The slow, obvious device: the oracle for all others, and the trainer where no native one can be built.
 *
 * It replays a program one sequence at a time, lane after lane, every sum from left to right. Numbers therefore
 * depend on nothing but the order of the sequences, and activations take the memory of one sequence.
 */
import type { Call, CompileOptions, Device, DeviceInfo, Executable } from "./Device.ts"
import { ProgramError, UnknownName } from "./errors.ts"
import { planMemory } from "./memory.ts"
import type { Values } from "./ops/Definition.ts"
import { elements, type OpKind, opKinds, type Training } from "./Program.ts"
import type { Batch } from "./reference/bind.ts"
import { checkCalls, checkCompileOptions } from "./reference/calls.ts"
import { makeKept } from "./reference/kept.ts"
import { makeLane } from "./reference/lane.ts"
import { requireOperations } from "./require-operations.ts"
import { validate } from "./validate.ts"

export interface ReferenceOptions {
  /** What buffers are stored in; arithmetic is in float64 either way. `f64` by default. */
  readonly precision?: "f64" | "f32"
  /** The operations it admits to; all by default. Fewer make it stand in for a lesser device, in tests. */
  readonly operations?: readonly OpKind[]
}

const maxLanes = 64

/** The reference device. Its numbers are those of one JavaScript engine's `Math`. */
export const referenceDevice = ({ precision = "f64", operations = opKinds }: ReferenceOptions = {}): Device => {
  const info: DeviceInfo = {
    kind: "reference",
    name: `reference loops, ${precision === "f64" ? "float64" : "float32"} storage`,
    numericsId: `reference-${precision}-v1`,
    precision,
    operations,
    maxLanes,
    concurrency: 1,
    deterministic: true,
  }
  const create = (size: number): Values => (precision === "f64" ? new Float64Array(size) : new Float32Array(size))
  return {
    info,
    compile: async (training, options) => {
      requireOperations(info, training)
      validate(training)
      checkCompileOptions(training, options, maxLanes)
      return makeExecutable(training, options, create)
    },
  }
}

/** The activations of one sequence; `grad` and `evaluate` use the same memory. */
const makeArena = (training: Training, keep: readonly string[], create: (size: number) => Values) => {
  const options = { rows: training.sequenceLength, keep: [...keep, training.loss] }
  const plans = {
    grad: planMemory(training.grad, training.buffers, options),
    evaluate: planMemory(training.evaluate, training.buffers, options),
  }
  const arena = create(Math.max(plans.grad.total, plans.evaluate.total))
  const activation = (name: string, program: "grad" | "evaluate"): Values => {
    const { offsets, sizes } = plans[program]
    return arena.subarray(offsets[name], offsets[name] + sizes[name])
  }
  return { size: arena.length, activation }
}

const makeExecutable = (training: Training, options: CompileOptions, create: (size: number) => Values): Executable => {
  const { lanes: count, microBatch, keep = [] } = options
  const { sequenceLength } = training
  const storages = new Map(training.buffers.map((buffer) => [buffer.name, buffer.storage]))
  const parameters = training.buffers.filter(({ storage }) => storage === "parameter")
  const batch: Batch = { ids: new Int32Array(0), targets: new Int32Array(0) }
  const arena = makeArena(training, keep, create)
  const averaged = new Map(parameters.map((buffer) => [buffer.name, create(elements(buffer))]))
  const kept = makeKept(training, keep, count, microBatch, create, arena.activation)
  let lanes = Array.from({ length: count }, () =>
    makeLane(training, { create, activation: arena.activation, averaged, batch }),
  )
  const sizeOf = (values: Iterable<Values>) => [...values].reduce((sum, { length }) => sum + length, 0)
  const held = arena.size + kept.size + sizeOf(averaged.values()) + count * (sizeOf(lanes[0].memory.values()) + 1)

  const lane = (index: number) => {
    if (lanes.length === 0) throw new Error("this executable has been disposed of; compile the training again")
    if (lanes[index] === undefined) throw new RangeError(`lane must be from 0 to ${count - 1}, not ${index}`)
    return lanes[index]
  }

  /** Summed loss of each sequence, into `losses` from `at`. */
  const replay = (
    index: number,
    program: "grad" | "evaluate",
    ops: () => void,
    tokens: Int32Array,
    sequences: number,
    losses: Float64Array,
  ): void => {
    const loss = arena.activation(training.loss, program)
    for (let sequence = 0; sequence < sequences; sequence++) {
      const start = sequence * (sequenceLength + 1)
      batch.ids = tokens.subarray(start, start + sequenceLength)
      batch.targets = tokens.subarray(start + 1, start + 1 + sequenceLength)
      ops()
      kept.take(index, program, sequence)
      let sum = 0
      for (let n = 0; n < sequenceLength; n++) sum += loss[n]
      losses[index * sequences + sequence] = sum
    }
  }

  const runLane = (index: number, call: Call, result: Float64Array): void => {
    const { grad, update, measure, evaluate, takeAverage, evaluateAveraged, scalars } = lane(index)
    switch (call.program) {
      case "grad":
        replay(index, "grad", grad, call.tokens[index], call.sequences, result)
        break
      case "update":
        training.stepScalars.forEach((name, i) => {
          scalars[name] = call.scalars[index][i]
        })
        result[index] = update()
        break
      case "measure":
        result[index] = measure()
        break
      case "evaluate": {
        const { average, tokens, sequences } = call
        if (average !== undefined) takeAverage(training.averages[average.name], average.correction[index])
        replay(index, "evaluate", average === undefined ? evaluate : evaluateAveraged, tokens[index], sequences, result)
        break
      }
    }
  }

  return {
    blockSequences: 1,
    bytes: held * create(0).BYTES_PER_ELEMENT,
    scalars: (index, values) => {
      const { scalars } = lane(index)
      const unknown = Object.keys(values).find((name) => !(name in scalars))
      if (unknown !== undefined) throw new UnknownName("scalar", unknown, training.scalars)
      Object.assign(scalars, values)
    },
    write: async (index, name, values) => {
      const memory = lane(index).memory.get(name)
      const storage = storages.get(name)
      if (storage === "activation" || storage === "gradient") {
        throw new ProgramError(`"${name}" is ${storage} and cannot be written; parameters and state can`)
      }
      if (memory === undefined) throw new UnknownName("buffer", name, lane(index).memory.keys())
      if (values.length !== memory.length) {
        throw new RangeError(`buffer "${name}" holds ${memory.length} values, not ${values.length}`)
      }
      memory.set(values)
    },
    read: async (index, name) => lane(index).memory.get(name)?.slice() ?? kept.read(index, name),
    run: async (calls, active = Array.from({ length: count }, () => true)) => {
      lane(0)
      checkCalls(calls, active, training, options)
      return calls.map((call) => {
        const perLane = "sequences" in call ? call.sequences : 1
        const result = new Float64Array(count * perLane).fill(Number.NaN)
        for (let index = 0; index < count; index++) if (active[index]) runLane(index, call, result)
        return result
      })
    },
    dispose: async () => {
      lanes = []
    },
  }
}
