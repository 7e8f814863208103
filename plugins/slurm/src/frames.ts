/**
 * Parts of files in one stream. Before each part goes a line with its file's index and its length, after it a seal that
 * was drawn for this stream alone; so neither what a file holds nor one that was cut short meanwhile can pass for a frame.
 */

export interface Frame {
  readonly index: number
  readonly bytes: Uint8Array
}

/** Undefined for a stream that is not whole. */
export const readFrames = (stream: Buffer, seal: string): ReadonlyArray<Frame> | undefined => {
  const close = Buffer.from(`${seal}\n`)
  const frames: Array<Frame> = []
  let at = 0
  for (;;) {
    const newline = stream.indexOf(10, at)
    if (newline < 0) return undefined
    const head = stream.toString("latin1", at, newline)
    if (head === `end ${seal}`) return newline + 1 === stream.length ? frames : undefined
    const match = /^(\d+) (\d+)$/.exec(head)
    if (match === null) return undefined
    const start = newline + 1
    const end = start + Number(match[2])
    if (!stream.subarray(end, end + close.length).equals(close)) return undefined
    frames.push({ index: Number(match[1]), bytes: stream.subarray(start, end) })
    at = end + close.length
  }
}
