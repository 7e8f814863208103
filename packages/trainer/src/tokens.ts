/** Micro-batches out of a flat stream of tokens: sequence i of length S reads [i S, i S + S], one overlap for the target. */
import type { Tokens } from "@ts/program"

/** `sequences` rows of S + 1 from a flat run of `sequences * S + 1` tokens. */
export const rowsOf = (flat: ArrayLike<number>, sequences: number, S: number): Tokens => {
  const rows = new Int32Array(sequences * (S + 1))
  for (let i = 0, at = 0; i < sequences; i++) {
    for (let t = 0; t <= S; t++) rows[at++] = flat[i * S + t]!
  }
  return rows
}

/** Cuts whole sequences into micro-batches of at most `most`. */
export const cuts = (
  sequences: number,
  most: number,
): ReadonlyArray<{ readonly first: number; readonly count: number }> => {
  const list: Array<{ first: number; count: number }> = []
  for (let first = 0; first < sequences; first += most) list.push({ first, count: Math.min(most, sequences - first) })
  return list
}
