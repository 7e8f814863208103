import type { Law } from "@ts/fit"
import { significant } from "../format/error.ts"
import { natsText } from "../format/nats.ts"
import type { Finding } from "./finding.ts"

const sources = {
  supplied: "as given",
  residuals: "from residuals of the profiles",
} as const

/** The noise of one loss reading, on which every error bar stands. */
export const noise = (law: Law): Finding => {
  const { source, deviation, shared, degrees } = law.noise
  const base = { id: "noise", label: "noise", title: "Noise", notes: [] }
  if (source === "unknown")
    return {
      ...base,
      state: "not identified",
      text: "not identified: no residuals, so errors are missing; repeat a seed or supply a noise level",
    }
  const rest = Number.isFinite(degrees) ? `, ${significant(degrees, 3)} degrees of freedom` : ""
  return {
    ...base,
    state: "noted",
    text: `${natsText(deviation)} nats per loss reading (${sources[source]}${rest}), ${significant(100 * shared)} % of its variance shared along a trunk`,
  }
}
