import type { Reading } from "./divergence.ts"
import type { Levels } from "./parabola.ts"

/** Rates closer than this in ln eta are one rate, spelled differently. */
const sameRate = 0.01

/** The sound readings of a profile, gathered by rate. */
export interface Grouped {
  readonly levels: Levels
  /** Indices of the readings behind each level. */
  readonly members: ReadonlyArray<ReadonlyArray<number>>
  /** Sum of squares of the repeats about their mean, by level. */
  readonly scatters: ReadonlyArray<number>
}

export const groupByRate = (readings: ReadonlyArray<Reading>, sound: ReadonlyArray<number>): Grouped => {
  // Repeats by their losses: the order in which rows come must not show.
  const order = [...sound].sort((i, j) => readings[i].eta - readings[j].eta || readings[i].loss - readings[j].loss)
  const members: Array<Array<number>> = []
  for (const i of order) {
    const last = members.at(-1)
    if (last !== undefined && Math.log(readings[i].eta / readings[last[0]].eta) < sameRate) last.push(i)
    else members.push([i])
  }
  const y = members.map((group) => group.reduce((sum, i) => sum + readings[i].loss, 0) / group.length)
  const scatters = members.map((group, k) => group.reduce((sum, i) => sum + (readings[i].loss - y[k]) ** 2, 0))
  return {
    levels: {
      x: members.map((group) => Math.log(readings[group[0]].eta)),
      y,
      repeats: members.map((group) => group.length),
      scatter: 0,
    },
    members,
    scatters,
  }
}
