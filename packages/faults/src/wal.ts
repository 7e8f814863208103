/** SQLite's write-ahead log, as far as tearing it needs: https://www.sqlite.org/fileformat2.html#walformat */

const HEADER = 32
const FRAME_HEADER = 24

/** Where each commit of a log ends, in bytes, ascending: frames that state the size of the database after them. */
export const commitEnds = (wal: Uint8Array): ReadonlyArray<number> => {
  const view = new DataView(wal.buffer, wal.byteOffset, wal.byteLength)
  if (wal.length < HEADER) return []
  const frame = FRAME_HEADER + view.getUint32(8)
  const salts = [view.getUint32(16), view.getUint32(20)]
  const ends: Array<number> = []
  for (let at = HEADER; at + frame <= wal.length; at += frame) {
    // Frames of an earlier round of the log follow those of this one.
    if (view.getUint32(at + 8) !== salts[0] || view.getUint32(at + 12) !== salts[1]) break
    if (view.getUint32(at + 4) !== 0) ends.push(at + frame)
  }
  return ends
}
