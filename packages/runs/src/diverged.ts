import { divergedReadings, type Row } from "@ts/fit"

/** Marks what the divergence rule catches within each profile; returns the rows marked, ascending. */
export const markDiverged = (
  rows: Array<Row>,
  profile: Int32Array,
  origins: ReadonlyArray<number>,
): ReadonlyArray<number> => {
  const members = new Map<number, Array<number>>()
  origins.forEach((origin, k) => {
    const list = members.get(profile[origin])
    if (list === undefined) members.set(profile[origin], [k])
    else list.push(k)
  })
  for (const list of members.values())
    divergedReadings(list.map((k) => rows[k])).forEach((lost, j) => {
      const k = list[j]
      if (lost && rows[k].status !== "diverged") rows[k] = { ...rows[k], status: "diverged" }
    })
  return origins.filter((_, k) => rows[k].status === "diverged")
}
