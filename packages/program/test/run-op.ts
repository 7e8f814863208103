/** Runs one operation on plain arrays, by buffer name: for tests only. */
import { definitions, type Op } from "../src/index.ts"

export interface Run {
  readonly rows: number
  readonly sequenceLength: number
  readonly scalars?: Readonly<Record<string, number>>
  readonly ids?: readonly number[]
  readonly targets?: readonly number[]
}

export const op = (kind: Op["kind"], slots: Partial<Omit<Op, "kind">>): Op => ({
  kind,
  inputs: {},
  outputs: {},
  accumulate: [],
  scalars: {},
  attributes: {},
  ...slots,
})

export const runOp = (operation: Op, memory: ReadonlyMap<string, Float64Array>, run: Run): void => {
  const resolve = (slots: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(slots).map(([slot, name]) => [slot, memory.get(name)!]))
  const definition = definitions[operation.kind]
  definition.loop({
    rows: run.rows,
    sequenceLength: run.sequenceLength,
    input: resolve(operation.inputs),
    output: resolve(operation.outputs),
    adds: Object.fromEntries(
      definition.outputs.map(({ name, adds }) => [name, adds === "always" || operation.accumulate.includes(name)]),
    ),
    scalar: Object.fromEntries(Object.entries(operation.scalars).map(([slot, name]) => [slot, run.scalars![name]])),
    attribute: operation.attributes,
    batch: { ids: Int32Array.from(run.ids ?? []), targets: Int32Array.from(run.targets ?? []) },
  })
}
