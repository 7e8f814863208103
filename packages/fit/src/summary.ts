import type { RowSummary } from "./law.ts"

/** Gathers what became of rows: each reason once, counted, with its first few rows. */
export class Tally {
  private readonly reasons = new Map<string, { rows: number; examples: Array<number> }>()
  private dropped = 0

  drop(reason: string, row: number): void {
    this.dropped++
    const entry = this.reasons.get(reason)
    if (entry === undefined) this.reasons.set(reason, { rows: 1, examples: [row] })
    else {
      entry.rows++
      if (entry.examples.length < 5) entry.examples.push(row)
    }
  }

  summary(rows: number): RowSummary {
    return {
      rows,
      used: rows - this.dropped,
      dropped: this.dropped,
      reasons: [...this.reasons.entries()]
        .map(([reason, entry]) => ({ reason, ...entry }))
        .sort((a, b) => b.rows - a.rows),
    }
  }
}
