/** One word for a POSIX shell: whatever `text` holds, the shell takes it as it is. */

/** @throws {RangeError} for a text with a NUL, which no word can hold */
export const quote = (text: string): string => {
  if (text.includes("\0"))
    throw new RangeError(`${JSON.stringify(text)} holds a NUL character, which no argument can; remove it`)
  return `'${text.replaceAll("'", `'\\''`)}'`
}

export const quoteAll = (argv: ReadonlyArray<string>): string => argv.map(quote).join(" ")
