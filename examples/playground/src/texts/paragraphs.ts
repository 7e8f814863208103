/**
 * A text as paragraphs, a line each: the documents that are shuffled, and a part of which is held out for validation. White space becomes
 * single spaces; what is longer than half a page is cut between words.
 */

/** Characters of a paragraph at most. */
const LONGEST = 1000

/** Blank lines part paragraphs, where there are enough of them; else every line is one. */
const FEWEST = 16

const blocksOf = (text: string): ReadonlyArray<string> => {
  const blocks = text.split(/\n\s*\n/)
  return blocks.length >= FEWEST ? blocks : text.split("\n")
}

const cut = (words: string): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let rest = words
  while (rest.length > LONGEST) {
    const space = rest.lastIndexOf(" ", LONGEST)
    // A text without spaces is cut anywhere but inside a character.
    const inside = /[\uDC00-\uDFFF]/.test(rest.charAt(LONGEST)) ? LONGEST - 1 : LONGEST
    const at = space > 0 ? space : inside
    parts.push(rest.slice(0, at))
    rest = rest.slice(at).trimStart()
  }
  return [...parts, rest]
}

export const paragraphsOf = (text: string): ReadonlyArray<string> =>
  blocksOf(text.replace(/\r\n?/g, "\n"))
    .map((block) => block.replace(/\s+/g, " ").trim())
    .filter((block) => block !== "")
    .flatMap(cut)
