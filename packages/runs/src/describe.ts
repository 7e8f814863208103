import type { RunsSummary } from "./summary.ts"

const NAMED = 8

const listed = (unit: string, examples: ReadonlyArray<number>, rows: number): string =>
  `(${unit} ${examples.join(", ")}${rows > examples.length ? ` and ${rows - examples.length} more` : ""})`

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`

/** A summary in lines for people: what was read, what was guessed, merged, left out, and why. */
export const describe = (summary: RunsSummary): ReadonlyArray<string> => {
  const { source, rows, used, blank, unit, runs, repeated, reasons, diverged, merged, guesses, notes } = summary
  const lines = [`read ${used} of ${rows} rows of ${source}${runs < used ? `: ${plural(runs, "run")}` : ""}`]
  for (const { field, expression, reason } of guesses) lines.push(`guessed ${field} from "${expression}": ${reason}`)
  if (blank > 0) lines.push(`${plural(blank, "row")} without a loss, as between evaluations: no readings`)
  const more = merged.length - NAMED
  for (const { field, value, from } of merged.slice(0, NAMED)) {
    const word = field === "eta" ? "learning rate" : "horizon"
    lines.push(
      `merged into ${word} ${value}: ${from.map((other) => `${other.value} (${plural(other.rows, "row")})`).join(", ")}`,
    )
  }
  if (more > 0) lines.push(`merged ${more} more learning rates and horizons with others`)
  for (const { reason, rows: count, examples } of reasons)
    lines.push(`dropped ${count}: ${reason} ${listed(unit, examples, count)}`)
  if (repeated > 0) lines.push(`${plural(repeated, "setting")} measured by more than one run: kept as repeats`)
  if (diverged.rows > 0)
    lines.push(`diverged ${diverged.rows}: left out of profiles ${listed(unit, diverged.examples, diverged.rows)}`)
  return [...lines, ...notes.map((note) => `note: ${note}`)]
}
