/** Copies of activations that a caller wants to read after a call. */
import { UnknownName } from "../errors.ts"
import type { Values } from "../ops/Definition.ts"
import { elements, type Training } from "../Program.ts"

export interface Kept {
  /** Elements held. */
  readonly size: number
  /** Takes the rows of one sequence of the call. */
  readonly take: (lane: number, program: "grad" | "evaluate", sequence: number) => void
  /** The rows of the last call that wrote the buffer; empty before the first. */
  readonly read: (lane: number, buffer: string) => Values
}

export const makeKept = (
  training: Training,
  names: readonly string[],
  lanes: number,
  microBatch: number,
  create: (elements: number) => Values,
  activation: (buffer: string, program: "grad" | "evaluate") => Values,
): Kept => {
  const kept = training.buffers.filter(({ name, storage }) => storage === "activation" && names.includes(name))
  const perSequence = (shape: (typeof kept)[number]) => elements(shape) * training.sequenceLength
  const makeStore = () =>
    new Map(kept.map((buffer) => [buffer.name, { values: create(microBatch * perSequence(buffer)), filled: 0 }]))
  const stores = Array.from({ length: lanes }, makeStore)
  const touched = (program: "grad" | "evaluate") => {
    const written = new Set(training[program].flatMap(({ outputs }) => Object.values(outputs)))
    return kept.filter(({ name }) => written.has(name))
  }
  const writtenBy = { grad: touched("grad"), evaluate: touched("evaluate") }
  return {
    size: lanes * kept.reduce((sum, buffer) => sum + microBatch * perSequence(buffer), 0),
    take: (lane, program, sequence) => {
      for (const buffer of writtenBy[program]) {
        const store = stores[lane].get(buffer.name)!
        store.values.set(activation(buffer.name, program), sequence * perSequence(buffer))
        store.filled = (sequence + 1) * perSequence(buffer)
      }
    },
    read: (lane, name) => {
      const store = stores[lane].get(name)
      if (store === undefined) {
        const readable = training.buffers.filter(({ storage }) => storage !== "activation").map((buffer) => buffer.name)
        const hint = "Activations can be read when CompileOptions.keep lists them"
        throw new UnknownName("buffer", name, [...kept.map((buffer) => buffer.name), ...readable], hint)
      }
      return store.values.slice(0, store.filled)
    },
  }
}
