/** Width of the margin that holds the labels. */
export const margin = 13

/** Spaces where a line may end: not about signs that belong to the number beside them. */
const breaks = /(?<![=±≤≥…])\s+(?![=±≤≥…%])/

/** Breaks a text at spaces into lines of at most `width` characters; a longer word stays whole. */
export const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(breaks).filter((w) => w !== "")) {
    if (line === "") line = word
    else if (line.length + 1 + word.length <= width) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  if (line !== "") lines.push(line)
  return lines
}

/** A label in the margin and a text hanging from it. */
export const entry = (
  label: string,
  text: string,
  width: number,
  paint: { readonly label: (text: string) => string; readonly body: (text: string) => string },
): ReadonlyArray<string> =>
  wrap(text, Math.max(20, width - margin)).map(
    (line, i) => `${paint.label((i === 0 ? label : "").padEnd(margin))}${paint.body(line)}`,
  )
