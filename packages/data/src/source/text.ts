import { dataError } from "../DataError.ts"

/** More replacement characters than this share of the text mean that the file is not UTF-8. */
const INVALID_SHARE = 0.01

const countReplaced = (text: string): number => {
  let count = 0
  for (let at = text.indexOf("\ufffd"); at !== -1; at = text.indexOf("\ufffd", at + 1)) count++
  return count
}

/** Decodes UTF-8. Stray invalid bytes become U+FFFD; a file with many, or with a NUL, is refused as binary. */
export async function* decodeText(name: string, source: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let characters = 0
  let replaced = 0
  const check = (text: string): string => {
    characters += text.length
    replaced += countReplaced(text)
    if (replaced > characters * INVALID_SHARE)
      throw dataError("BinaryCorpus", `"${name}" is not UTF-8 text: convert it (iconv -t UTF-8), or name another file.`)
    return text
  }
  for await (const chunk of source) {
    if (chunk.includes(0))
      throw dataError("BinaryCorpus", `"${name}" is a binary file (it holds NUL bytes): name a file of UTF-8 text.`)
    yield check(decoder.decode(chunk, { stream: true }))
  }
  yield check(decoder.decode())
}

/** Lines in batches, without their ends ("\n" or "\r\n"). */
export async function* lines(text: AsyncIterable<string>): AsyncIterable<ReadonlyArray<string>> {
  let rest = ""
  const clean = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line)
  for await (const chunk of text) {
    const split = (rest + chunk).split("\n")
    rest = split.pop()!
    if (split.length > 0) yield split.map(clean)
  }
  if (rest !== "") yield [clean(rest)]
}

/** A document for each line: what follows the first `after` in it, without white space at the ends. */
export async function* lineDocuments(
  text: AsyncIterable<string>,
  after: string | undefined,
): AsyncIterable<ReadonlyArray<string>> {
  const take = (line: string): string => {
    if (after === undefined) return line.trim()
    const at = line.indexOf(after)
    return at === -1 ? "" : line.slice(at + after.length).trim()
  }
  for await (const batch of lines(text)) yield batch.map(take).filter((document) => document !== "")
}

/** The whole file as one document. */
export async function* fileDocument(text: AsyncIterable<string>): AsyncIterable<ReadonlyArray<string>> {
  const parts: Array<string> = []
  for await (const chunk of text) parts.push(chunk)
  const document = parts.join("")
  yield document.trim() === "" ? [] : [document]
}
