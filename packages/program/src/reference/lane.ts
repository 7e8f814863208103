/** One run's buffers and programs on the reference device. */
import type { Values } from "../ops/Definition.ts"
import { elements, type Training } from "../Program.ts"
import { type Batch, bind, normOp } from "./bind.ts"

/** What lanes, which run one after the other, share: activations of one sequence, weights read off an average. */
export interface Shared {
  readonly create: (elements: number) => Values
  readonly activation: (buffer: string, program: "grad" | "evaluate") => Values
  readonly averaged: ReadonlyMap<string, Values>
  readonly batch: Batch
}

export interface Lane {
  /** Parameters, gradients and state. */
  readonly memory: ReadonlyMap<string, Values>
  readonly scalars: Record<string, number>
  readonly grad: () => void
  readonly update: () => number
  readonly measure: () => number
  readonly evaluate: () => void
  /** Fills the averaged weights: `correction` times the average of each member, the weight itself of the others. */
  readonly takeAverage: (members: Readonly<Record<string, string>>, correction: number) => void
  /** `evaluate` with the averaged weights. */
  readonly evaluateAveraged: () => void
}

const inOrder = (ops: readonly (() => void)[]) => (): void => {
  for (const op of ops) op()
}

export const makeLane = (training: Training, shared: Shared): Lane => {
  const { sequenceLength } = training
  const { batch } = shared
  const persistent = training.buffers.filter(({ storage }) => storage !== "activation")
  const memory = new Map(persistent.map((buffer) => [buffer.name, shared.create(elements(buffer))]))
  const gradients = persistent.filter(({ storage }) => storage === "gradient")
  const parameters = persistent.filter(({ storage }) => storage === "parameter")
  const scalars: Record<string, number> = Object.fromEntries(training.scalars.map((name) => [name, 0]))
  const scalar = (name: string) => scalars[name]
  const binding = (program: "grad" | "evaluate", override?: ReadonlyMap<string, Values>) => ({
    memory: (name: string) => override?.get(name) ?? memory.get(name) ?? shared.activation(name, program),
    scalar,
    batch,
    sequenceLength,
  })
  const clear = () => {
    for (const { name } of gradients) memory.get(name)!.fill(0)
  }

  const scratch = new Map([[training.norm, shared.create(1)]])
  const measure = bind(normOp(training.update), { ...binding("grad", scratch), scalar: () => 1 })
  const update = inOrder(training.update.map((op) => bind(op, binding("grad"))))
  return {
    memory,
    scalars,
    grad: inOrder(training.grad.map((op) => bind(op, binding("grad")))),
    update: () => {
      update()
      clear()
      return memory.get(training.norm)![0]
    },
    measure: () => {
      measure()
      clear()
      return scratch.get(training.norm)![0]
    },
    evaluate: inOrder(training.evaluate.map((op) => bind(op, binding("evaluate")))),
    takeAverage: (members, correction) => {
      for (const { name } of parameters) {
        const source = memory.get(members[name] ?? name)!
        const factor = members[name] === undefined ? 1 : correction
        const target = shared.averaged.get(name)!
        for (let i = 0; i < target.length; i++) target[i] = factor * source[i]
      }
    },
    evaluateAveraged: inOrder(training.evaluate.map((op) => bind(op, binding("evaluate", shared.averaged)))),
  }
}
