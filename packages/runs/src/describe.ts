import type { DifferingColumn } from "./differing.ts"
import type { RunsSummary } from "./summary.ts"

const NAMED = 8

const listed = (unit: string, examples: ReadonlyArray<number>, rows: number): string =>
  `(${unit} ${examples.join(", ")}${rows > examples.length ? ` and ${rows - examples.length} more` : ""})`

const VALUES = 6

const withValues = ({ column, values }: DifferingColumn): string =>
  `"${column}" (${values.slice(0, VALUES).join(", ")}${values.length > VALUES ? ", …" : ""})`

/** Said aloud, since nothing else would show that several models are fitted as one. */
const warning = (repeated: number, differing: ReadonlyArray<DifferingColumn>): string => {
  const tell = differing.filter(({ tells }) => tells)
  const along = differing.filter(({ tells }) => !tells).map(({ column }) => `"${column}"`)
  const ways = tell.map(({ column, values }) => `--where '${column} = ${values[0]}'`).join(" ")
  return [
    `WARNING: ${plural(repeated, "setting")} measured by more than one run, which are no repeats: they differ in ${tell.map(withValues).join(" and ")}`,
    ...(along.length === 0 ? [] : [`, and along with that in ${along.join(", ")}`]),
    `. No field is read from these, so the fit takes different models or recipes for one. Take one at a time, as ${ways}`,
  ].join("")
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`

/** A summary in lines for people: what was read, what was guessed, merged, left out, and why. */
export const describe = (summary: RunsSummary): ReadonlyArray<string> => {
  const {
    source,
    rows,
    used,
    blank,
    unit,
    runs,
    repeated,
    reasons,
    diverged,
    merged,
    guesses,
    notes,
    where,
    leftOut,
    differing,
  } = summary
  const lines = [`read ${used} of ${rows} rows of ${source}${runs < used ? `: ${plural(runs, "run")}` : ""}`]
  if (differing.length > 0) lines.push(warning(repeated, differing))
  if (where.length > 0) lines.push(`left out ${leftOut}: by --where ${where.map((text) => `"${text}"`).join(", ")}`)
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
  if (repeated > 0 && differing.length === 0)
    lines.push(`${plural(repeated, "setting")} measured by more than one run: kept as repeats`)
  if (diverged.rows > 0)
    lines.push(`diverged ${diverged.rows}: left out of profiles ${listed(unit, diverged.examples, diverged.rows)}`)
  return [...lines, ...notes.map((note) => `note: ${note}`)]
}
