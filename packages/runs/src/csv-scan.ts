import { RunsFormatError } from "./errors.ts"

/**
 * Where the cells of a delimited text lie. Cell k of record r is `text.slice(starts[first[r] + k], starts[first[r] + k + 1] - 1)`, quotes
 * and blanks around it included; record r has `first[r + 1] - first[r] - 1` cells.
 */
export interface Records {
  readonly count: number
  readonly starts: Uint32Array
  readonly first: Uint32Array
  /** Line of each record's begin, from 1. */
  readonly lines: Uint32Array
}

const grown = (array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
  const twice = new Uint32Array(array.length * 2)
  twice.set(array)
  return twice
}

const QUOTE = 34
const CR = 13
const LF = 10

/**
 * Finds the cells of a text by RFC 4180: delimiters and line ends inside double quotes belong to the cell, a doubled quote is a quote. Lines end in LF,
 * CRLF or CR; blank lines are no records. Positions only: cells that nobody asks for are never made.
 *
 * @throws RunsFormatError for a quote that is never closed or is followed by text
 */
export const scanRecords = (text: string, delimiter: string, file: string, limit = Infinity): Records => {
  const separator = delimiter.charCodeAt(0)
  const length = text.length
  let starts = new Uint32Array(1024)
  let first = new Uint32Array(128)
  let lines = new Uint32Array(128)
  let cells = 0
  let count = 0
  let line = 1
  let recordLine = 1
  let recordStart = 0
  let cellStart = 0

  const openCell = (at: number) => {
    if (cells === starts.length) starts = grown(starts)
    starts[cells++] = at
    cellStart = at
  }
  const endRecord = (end: number) => {
    const opened = first[count]
    const blank = cells - opened === 1 && text.slice(recordStart, end).trim() === ""
    if (blank) cells = opened
    else {
      openCell(end + 1)
      lines[count++] = recordLine
      if (count + 1 >= first.length) {
        first = grown(first)
        lines = grown(lines)
      }
      first[count] = cells
    }
  }
  /** Position behind the quoted cell that opens at `at`. */
  const closeQuote = (at: number): number => {
    const opened = line
    let close = at + 1
    while (true) {
      const next = text.indexOf('"', close)
      if (next < 0) throw new RunsFormatError(file, `is not a CSV file: the quote of line ${opened} is never closed`)
      for (let k = close; k < next; k++) if (text.charCodeAt(k) === LF) line++
      if (text.charCodeAt(next + 1) !== QUOTE) {
        close = next + 1
        break
      }
      close = next + 2
    }
    while (close < length && text.charCodeAt(close) !== separator && /[^\S\r\n]/.test(text[close])) close++
    const after = text.charCodeAt(close)
    if (close < length && after !== separator && after !== LF && after !== CR)
      throw new RunsFormatError(
        file,
        `is not a CSV file: text follows a closing quote in line ${line}; double the quotes inside the cell`,
      )
    return close
  }

  openCell(0)
  let at = 0
  while (at < length && count < limit) {
    const code = text.charCodeAt(at)
    if (code === separator) openCell(at + 1)
    else if (code === QUOTE) {
      // A quote inside a cell that did not begin with one is a character like others.
      if (at === cellStart || text.slice(cellStart, at).trim() === "") {
        at = closeQuote(at)
        continue
      }
    } else if (code === LF || code === CR) {
      endRecord(at)
      if (code === CR && text.charCodeAt(at + 1) === LF) at++
      line++
      recordLine = line
      recordStart = at + 1
      openCell(at + 1)
    }
    at++
  }
  if (count < limit && recordStart < length) endRecord(length)
  return { count, starts, first, lines }
}

/** The text of one cell: without quotes and the blanks around them; `undefined` behind the record's last one. */
export const cellText = (text: string, { starts, first }: Records, record: number, k: number): string | undefined => {
  const from = first[record] + k
  if (from >= first[record + 1] - 1) return undefined
  const cell = text.slice(starts[from], starts[from + 1] - 1).trim()
  return cell.charCodeAt(0) === QUOTE ? cell.slice(1, -1).replaceAll('""', '"').trim() : cell
}

const candidates = [",", ";", "\t"]

/** Comma, semicolon or tab: the one that cuts the header and the lines below it into the same number of cells, and into most. */
export const sniffDelimiter = (text: string, file: string): string => {
  let best = ","
  let bestScore = 0
  for (const delimiter of candidates) {
    let records: Records
    try {
      records = scanRecords(text, delimiter, file, 50)
    } catch {
      continue
    }
    const width = (r: number) => records.first[r + 1] - records.first[r] - 1
    if (records.count === 0 || width(0) < 2) continue
    let alike = 0
    for (let r = 1; r < records.count; r++) if (width(r) === width(0)) alike++
    const score = (alike + 1) / records.count + width(0) / 1e6
    if (score > bestScore) {
      bestScore = score
      best = delimiter
    }
  }
  return best
}
