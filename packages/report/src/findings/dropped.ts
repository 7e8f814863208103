import type { Law } from "@ts/fit"
import type { Finding } from "./finding.ts"

/** Rows that did not enter, and why. */
export const dropped = (law: Law): Finding => {
  const { rows, used, reasons } = law.summary
  const why = reasons.map((r) => `${r.rows} ${r.reason}`).join(", ")
  return {
    id: "rows",
    label: "rows",
    title: "Rows",
    state: "noted",
    text: `${used} of ${rows} used${why === "" ? "" : `; left out: ${why}`}`,
    notes: [],
  }
}
