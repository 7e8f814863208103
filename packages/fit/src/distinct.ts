import type { Row } from "./row.ts"

/** Rows without second readings of the same thing, which are copies and no repeats. */
export interface DistinctRows {
  readonly rows: ReadonlyArray<Row>
  /** Position of each row among those given. */
  readonly origins: ReadonlyArray<number>
  /** Positions of the copies left out. */
  readonly copies: ReadonlyArray<number>
}

/**
 * Keeps the first reading of each run at each horizon and average. A run read twice (resumed, merged from two files, repeated on another
 * device) tells nothing new about the noise of a loss: taken for repeats, copies would make it vanish.
 */
export const distinctRows = (rows: ReadonlyArray<Row>): DistinctRows => {
  const seen = new Set<string>()
  const origins: Array<number> = []
  const copies: Array<number> = []
  rows.forEach((row, i) => {
    const { runId, width, size, batch, tokens, eta, average, seed } = row
    const key = `${runId}|${tokens}|${average}|${batch}|${eta}|${seed}|${width}|${size ?? 0}`
    if (seen.has(key)) copies.push(i)
    else {
      seen.add(key)
      origins.push(i)
    }
  })
  return copies.length === 0 ? { rows, origins, copies } : { rows: origins.map((i) => rows[i]), origins, copies }
}
