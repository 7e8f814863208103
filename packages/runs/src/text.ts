import { RunsFormatError } from "./errors.ts"

/** Longest string of the engines at hand (V8: 2^29 - 24). */
const longest = 2 ** 29 - 24

/**
 * UTF-8, or UTF-16 where a byte order mark says so, as spreadsheets write it. The mark is taken off.
 *
 * @throws RunsFormatError for what is not text, or more than one string can hold
 */
export const textOf = (bytes: Uint8Array, file: string): string => {
  if (bytes.length > longest)
    throw new RunsFormatError(file, `has ${bytes.length} bytes, more than one text can hold; split it or give Parquet`)
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8"
  const text = new TextDecoder(encoding).decode(bytes)
  if (text.includes("\0")) throw new RunsFormatError(file, "is not text; give a CSV file with a header line")
  return text
}
