/** What the weights were that a row's `average` names, in words. */

const part = (name: string): string => {
  const [kind, first = "", second] = name.split(":")
  switch (kind) {
    case "decayed":
      return `rate decayed to zero over the last ${Number((100 * Number(first)).toPrecision(3))} % (${second ?? "linear"})`
    case "branch":
      return `after a branch at ${Number(first).toLocaleString("en-US")} tokens`
    case "ramp":
      return `batch ramp ${first}`
    default:
      return `averaged weights (${name})`
  }
}

/**
 * "raw weights", "averaged weights (ewa:0.99)"; marks of other schedules stand before the average, joined by `+`, as studies write
 * them: `decayed:0.2:linear`, `branch:65536`, `ramp:1a2b3c4d+ewa:0.99`.
 */
export const weightsText = (average: string): string => {
  const names = average.split("+")
  const texts = average === "none" ? [] : names.map(part)
  return [...(texts.some((text) => text.startsWith("averaged")) ? [] : ["raw weights"]), ...texts].join(", ")
}
