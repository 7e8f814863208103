import type { Law } from "./law.ts"

/** A law that cannot be read. */
export class LawFormatError extends Error {
  override readonly name = "LawFormatError"
}

interface Tagged {
  readonly $number: string
}

const isTagged = (value: unknown): value is Tagged =>
  typeof value === "object" && value !== null && typeof (value as { $number?: unknown }).$number === "string"

/** The law as JSON text. Infinite ends of half-open intervals and losses that are not numbers survive, as `{"$number": "Infinity"}`. */
export const serializeLaw = (law: Law, indent?: number): string =>
  JSON.stringify(
    law,
    (_, value: unknown) => (typeof value === "number" && !Number.isFinite(value) ? { $number: String(value) } : value),
    indent,
  )

/** @throws LawFormatError for text that is not a law, or one of a newer version */
export const parseLaw = (text: string): Law => {
  let value: unknown
  try {
    value = JSON.parse(text, (_, part: unknown) => (isTagged(part) ? Number(part.$number) : part))
  } catch (cause) {
    throw new LawFormatError(`This is not JSON: ${(cause as Error).message}.`)
  }
  const version = (value as { version?: unknown } | null)?.version
  if (version !== 2)
    throw new LawFormatError(
      `This is no law of version 2 (its version is ${String(version)}): write it again with serializeLaw.`,
    )
  return value as Law
}
