/** Columns of a plain CSV without quotes, as the fixtures are. */
export const readTable = (text: string): Readonly<Record<string, ReadonlyArray<string>>> => {
  const [header, ...lines] = text
    .trim()
    .split("\n")
    .map((line) => line.split(","))
  return Object.fromEntries(header.map((name, i) => [name, lines.map((line) => line[i])]))
}
