/** A file that somebody chose, dropped or pasted, as a text to train on; or why it is none. */
import { FEWEST_BYTES } from "../studies/ownText.ts"
import { paragraphsOf } from "./paragraphs.ts"
import { sizeText, type TextRef } from "./TextRef.ts"

/** A study reads a megabyte at most; more only takes time to look through. */
const MOST_BYTES = 2 ** 24

/** Room for a name where the study is kept, written there as addresses write it, twice over. */
const NAME_ROOM = 100

export interface OwnText {
  readonly ref: TextRef
  /** A paragraph a line. */
  readonly content: Blob
}

const shortened = (name: string): string => {
  let short = name
  while (encodeURIComponent(encodeURIComponent(short)).length > NAME_ROOM) short = [...short].slice(0, -1).join("")
  return short
}

const hexOf = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("")

export const sha256Of = async (content: Blob): Promise<string> =>
  hexOf(await crypto.subtle.digest("SHA-256", await content.arrayBuffer()))

/** @throws Error with a sentence and the way out */
export const readText = async (file: Blob, name: string): Promise<OwnText> => {
  if (!globalThis.isSecureContext)
    throw new Error("Texts are read on pages that came over HTTPS or from this machine: open this one so.")
  const said = `"${name}"`
  if (file.size > MOST_BYTES)
    throw new Error(`${said} has ${sizeText(file.size)}: a part of it is enough, up to ${sizeText(MOST_BYTES)}.`)
  const text = await file.text()
  const strange = text.match(/\ufffd/g)?.length ?? 0
  if (text.includes("\0") || strange > 0.01 * text.length)
    throw new Error(`${said} is not plain text in UTF-8: save it as that, or choose another file.`)
  const content = new Blob([
    paragraphsOf(text)
      .map((paragraph) => `${paragraph}\n`)
      .join(""),
  ])
  if (content.size < FEWEST_BYTES)
    throw new Error(
      `${said} has ${sizeText(content.size)} of text, too little to learn from: take at least ${sizeText(FEWEST_BYTES)}; half a megabyte shows more.`,
    )
  return { ref: { sha256: await sha256Of(content), name: shortened(name), bytes: content.size }, content }
}
