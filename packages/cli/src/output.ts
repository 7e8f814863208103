/** Data goes to stdout, talk to stderr, and `--json` turns the data of every command into one JSON document. */
import { Console, type Effect } from "effect"
import { Flag } from "effect/cli"

export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print one JSON document on stdout instead of text"),
  Flag.withDefault(false),
)

export const data = (text: string): Effect.Effect<void> => Console.log(text)
export const talk = (text: string): Effect.Effect<void> => Console.error(text)

/** Infinite and missing numbers as text, since JSON has none. */
export const toJson = (value: unknown): string =>
  JSON.stringify(
    value,
    (_, part: unknown) => (typeof part === "number" && !Number.isFinite(part) ? String(part) : part),
    2,
  )

/** https://no-color.org: colour only on a terminal, and never where NO_COLOR is set. */
export const colour = (): boolean => process.stdout.isTTY === true && !process.env["NO_COLOR"]

const units = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const

/** 13100000 -> "13.1M". */
export const compact = (value: number): string => {
  for (const [size, suffix] of units) {
    if (value >= size) return `${Number((value / size).toPrecision(3))}${suffix}`
  }
  return String(Math.round(value))
}

/** 220 -> "3 min 40 s". */
export const duration = (seconds: number): string => {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  if (s < 86400 * 2) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
  return `${(s / 86400).toFixed(1)} days`
}
