/** Each form of eta*(B) on grids that tell it from the others and on grids that do not. */
import type { Scenario } from "./scenarios.ts"
import type { FormName } from "./simulate.ts"

export const formNames: ReadonlyArray<FormName> = ["bell", "saturating", "saturating-sqrt", "power", "constant"]

export interface FormScenario extends Scenario {
  readonly form: FormName
  readonly grid: string
}

/** Away from their bend the forms are powers of B of 1, 1/2, 0 and -1/2: several fit equally well. */
const grids: ReadonlyArray<Scenario> = [
  { name: "across the bend", setup: { asymmetric: true } },
  { name: "across, few and noisy", setup: { batches: [9, 11, 13], deviation: 0.01 } },
  { name: "before the bend", setup: { batches: [5, 6, 7, 8], peak: { from: 3, to: 5, beyond: "largest batch" } } },
  { name: "after the bend", setup: { batches: [13, 14, 15, 16], peak: { from: -7, to: -5 }, asymmetric: true } },
]

/** Where eta* falls as 1 / B_n(T), a batch needs rates over more octaves. */
const common = { horizons: [18, 19, 20, 21], side: 4, alphaB: [0.5, 1] } as const

export const formScenarios: ReadonlyArray<FormScenario> = formNames.flatMap((form) =>
  grids.map(({ name, setup }) => ({
    form,
    grid: name,
    name: `${form}, ${name}`,
    setup: { ...common, ...setup, form },
  })),
)
