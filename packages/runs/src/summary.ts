import type { DifferingColumn } from "./differing.ts"
import type { Field, Guess } from "./mapping.ts"
import { type Format, placeOf, type Table } from "./table.ts"

/** One reason, how many rows it took, and the first of them by line, row or trial. */
export interface Counted {
  readonly reason: string
  readonly rows: number
  readonly examples: ReadonlyArray<number>
}

/** Several spellings of one learning rate or horizon, and what they became. */
export interface Merged {
  readonly field: "eta" | "tokens"
  readonly value: number
  readonly from: ReadonlyArray<{ readonly value: number; readonly rows: number }>
}

/** What became of a table. */
export interface RunsSummary {
  readonly source: string
  readonly format: Format
  /** What `examples` count. */
  readonly unit: Table["unit"]
  /** rows = leftOut + used + dropped + blank */
  readonly rows: number
  /** Conditions that rows had to meet. */
  readonly where: ReadonlyArray<string>
  /** Rows that do not meet them. */
  readonly leftOut: number
  readonly used: number
  readonly dropped: number
  /** Rows of a run's history without a loss, as between evaluations; nothing is wrong with them. */
  readonly blank: number
  readonly reasons: ReadonlyArray<Counted>
  /** Runs among the rows used; a run may have several readings. */
  readonly runs: number
  /** Settings that more than one run shares. */
  readonly repeated: number
  /** Settings that nobody mapped, by which such runs differ; empty where they are true repeats. */
  readonly differing: ReadonlyArray<DifferingColumn>
  /** Rows used that are marked diverged: the table says so, the loss is not finite, or the rule of `divergedReadings` catches it. */
  readonly diverged: { readonly rows: number; readonly examples: ReadonlyArray<number> }
  readonly merged: ReadonlyArray<Merged>
  /** What each field was read from. */
  readonly mapping: Readonly<Partial<Record<Field, string>>>
  /** Which of that nobody said. */
  readonly guesses: ReadonlyArray<Guess>
  readonly notes: ReadonlyArray<string>
}

/** Examples kept of each reason. */
const KEPT = 12

/** Which rows are still in, and why the others are not. */
export class Fates {
  /** 0: kept; else the place of its reason, from 1. */
  private readonly fate: Uint16Array
  private readonly texts: Array<string> = []
  private readonly known = new Map<string, number>()

  constructor(rows: number) {
    this.fate = new Uint16Array(rows)
  }

  readonly kept = (row: number): boolean => this.fate[row] === 0

  drop(row: number, reason: string): void {
    let k = this.known.get(reason)
    if (k === undefined) {
      k = this.texts.push(reason)
      this.known.set(reason, k)
    }
    this.fate[row] = k
  }

  /** Reasons, most frequent first. */
  count(table: Table): ReadonlyArray<Counted> {
    const counted = this.texts.map((reason) => ({ reason, rows: 0, examples: [] as Array<number> }))
    for (let row = 0; row < this.fate.length; row++) {
      if (this.fate[row] === 0) continue
      const entry = counted[this.fate[row] - 1]
      entry.rows++
      if (entry.examples.length < KEPT) entry.examples.push(placeOf(table, row))
    }
    return counted.filter(({ rows }) => rows > 0).sort((a, b) => b.rows - a.rows)
  }
}

export const examplesOf = (table: Table, rows: ReadonlyArray<number>): ReadonlyArray<number> =>
  rows.slice(0, KEPT).map((row) => placeOf(table, row))
