/** The update program as dispatches: one for all consecutive tensors of a kind that one binding can hold. */
import { definitions, type Op, type Training } from "@ts/program"
import type { Dispatch, Setting } from "./kernels/kernel.ts"
import {
  average,
  CHUNK,
  CORRECTION,
  clear,
  fold,
  norm,
  optimise,
  STEP_CODE,
  scalarBy,
  scaled,
  squares,
  type Tensors,
} from "./kernels/update.ts"
import { averageRow, isOptimiser, type Layout, type Place, stateRow, whole } from "./layout.ts"

export interface UpdateOptions {
  readonly training: Training
  readonly layout: Layout
  readonly setting: Setting
  readonly scratch: Place
  readonly results: Place
  /** Most bytes of one binding. */
  readonly bindingBytes: number
  /** Puts tables into the words that kernels read; returns their place. */
  readonly words: (values: readonly number[]) => number
}

export interface Updates {
  readonly update: readonly Dispatch[]
  readonly measure: readonly Dispatch[]
  /** Fills the weights to evaluate with, by average. */
  readonly averaged: ReadonlyMap<string, readonly Dispatch[]>
}

/** Runs of consecutive parts of parameters in one buffer, none larger than a binding holds. */
const runs = (numbers: readonly number[], { chunks, sameBuffer }: Layout, lanes: number, bindingBytes: number) => {
  const found: { first: number; end: number }[] = []
  let bytes = 0
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const size = 4 * CHUNK * chunks[number] * lanes
    const last = found.at(-1)
    if (last?.end === number && sameBuffer(last.first, number) && bytes + size <= bindingBytes) {
      last.end++
      bytes += size
    } else {
      found.push({ first: number, end: number + 1 })
      bytes = size
    }
  }
  return found
}

/** Floats of scratch that a lane needs for the norm. */
export const updateScratch = ({ chunks }: Layout): number => chunks.reduce((sum, count) => sum + count, 0)

export const lowerUpdate = (options: UpdateOptions): Updates => {
  const { training, layout, setting, scratch, results, words } = options
  const { chunks, numbers, span, parts } = layout
  const numbersOf = (name: string) => numbers.get(name)!
  const cut = (which: readonly number[]) => runs(which, layout, setting.lanes, options.bindingBytes)
  const codeOf = (name: string): number => {
    const step = training.stepScalars.indexOf(name)
    return step >= 0 ? STEP_CODE + step : setting.scalar(name)
  }

  /** Places of the tables that say which of a run's parts a chunk is of. */
  const chunkTables = new Map<string, number>()
  /** Tables of a run, with the scalars of each part's operation. */
  const tables = (first: number, end: number, codes: (number: number) => readonly number[]): Tensors => {
    const table: number[] = []
    const records: number[] = []
    for (let number = first; number < end; number++) {
      records.push(table.length, chunks[number], ...codes(number))
      for (let i = 0; i < chunks[number]; i++) table.push(number - first)
    }
    const key = `${first} ${end}`
    const chunkTable = chunkTables.get(key) ?? words(table)
    chunkTables.set(key, chunkTable)
    return {
      chunks: table.length,
      chunkTable,
      records: words(records),
      recordWords: records.length / (end - first),
    }
  }
  const plain = (first: number, end: number) => tables(first, end, () => [])

  /** For every kind of operation in turn: the parts it is about, and the tables of each run of them. */
  const byParameter = (ops: readonly Op[], name: (op: Op) => string) => {
    const of = new Map(ops.flatMap((op) => numbersOf(name(op)).map((number) => [number, op] as const)))
    return cut([...of.keys()]).map(({ first, end }) => {
      const codes = (number: number) => {
        const op = of.get(number)!
        return definitions[op.kind].scalars.map((slot) => codeOf(op.scalars[slot.name]))
      }
      return { first, end, op: of.get(first)!, tensors: tables(first, end, codes) }
    })
  }

  const normOp = training.update.find(({ kind }) => kind === "global_norm")!
  const normed = Object.values(normOp.inputs).flatMap(numbersOf)
  const folded = [...layout.apart].flatMap(([name, more]) =>
    more.flatMap((apart) =>
      apart.map(({ place }, i) => fold(setting, { gradient: parts.get(name)![i].place, apart: place })),
    ),
  )
  let summed = 0
  const sums = cut(normed).map(({ first, end }) => {
    const tensors = plain(first, end)
    const dispatch = squares(setting, tensors, { gradient: span("gradient", first, end), scratch }, summed)
    summed += tensors.chunks
    return dispatch
  })
  const all = chunks.map((_, number) => number)
  const cleared = (which: readonly number[]) =>
    cut(which).map(({ first, end }) => clear(setting, plain(first, end), { gradient: span("gradient", first, end) }))

  const optimised = [...new Set(training.update.map(({ kind }) => kind))].filter(isOptimiser).flatMap((kind) => {
    const ops = training.update.filter((op) => op.kind === kind)
    const states = definitions[kind].outputs.map(({ name }) => name).filter((name) => name !== "parameter")
    return byParameter(ops, ({ outputs }) => outputs["parameter"]).map(({ first, end, op, tensors }) =>
      optimise(setting, kind, tensors, {
        parameter: span("parameter", first, end),
        gradient: span("gradient", first, end),
        ...Object.fromEntries(states.map((slot) => [slot, span(stateRow(slot), first, end)])),
        norms: whole(parts.get(op.inputs["norm"])!),
      }),
    )
  })
  const trained = new Set(
    training.update.filter(({ kind }) => isOptimiser(kind)).flatMap(({ outputs }) => numbersOf(outputs["parameter"])),
  )
  const averages = training.update.filter(({ kind }) => kind === "average")
  const rows = [...new Set(averages.map(({ scalars }) => averageRow(scalars["averageDecay"])))]
  const averaging = rows.flatMap((row) => {
    const ops = averages.filter(({ scalars }) => averageRow(scalars["averageDecay"]) === row)
    return byParameter(ops, ({ inputs }) => inputs["parameter"]).map(({ first, end, tensors }) =>
      average(setting, tensors, { parameter: span("parameter", first, end), average: span(row, first, end) }),
    )
  })

  const averaged = Object.entries(training.averages).map(([name, members]) => {
    const from = new Set(Object.keys(members).flatMap(numbersOf))
    const fill = (which: readonly number[], factor: string, row: string) =>
      cut(which).map(({ first, end }) =>
        scaled(setting, plain(first, end), factor, {
          source: span(row, first, end),
          averaged: span("averaged", first, end),
        }),
      )
    const averageOp = averages.find(({ outputs }) => Object.values(members).includes(outputs["average"]))
    const row = averageOp === undefined ? "parameter" : averageRow(averageOp.scalars["averageDecay"])
    const others = all.filter((number) => !from.has(number))
    return [name, [...fill([...from], CORRECTION, row), ...fill(others, "1.0f", "parameter")]] as const
  })

  const normTo = (gradScale: string, state: Place | undefined) =>
    norm(setting, summed, gradScale, { scratch, results, ...(state !== undefined && { norms: state }) })
  const gradScale = scalarBy(codeOf(normOp.scalars["gradScale"]))
  return {
    update: [
      ...folded,
      ...sums,
      normTo(gradScale, parts.get(normOp.outputs["norm"])?.[0].place),
      ...optimised,
      ...averaging,
      // An optimiser clears what it has used.
      ...cleared(all.filter((number) => !trained.has(number))),
    ],
    measure: [...folded, ...sums, normTo("1.0f", undefined), ...cleared(all)],
    averaged: new Map(averaged),
  }
}
