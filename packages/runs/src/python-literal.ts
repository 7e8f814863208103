/**
 * Reads a dictionary as Python prints it: `{'lr': 0.001, 'name': "it's", 'clip': None, 'sizes': [1, 2]}`. That is what pandas writes into the `config`
 * and `summary` cells of the CSV file that the documentation of W&B's public API makes. `undefined` for anything else.
 */
export const parsePythonLiteral = (text: string): unknown => {
  let at = 0
  const token = /\s*(?:([{}[\](),:])|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|([^\s{}[\](),:'"]+))\s*/y
  let symbol: string | undefined
  let value: unknown
  const next = (): boolean => {
    token.lastIndex = at
    const found = token.exec(text)
    if (found === null) return false
    at = token.lastIndex
    symbol = found[1]
    if (found[2] !== undefined) value = found[2].slice(1, -1).replace(/\\(.)/g, "$1")
    else if (found[3] !== undefined) value = words.has(found[3]) ? words.get(found[3]) : atom(found[3])
    return true
  }
  const list = (close: string): Array<unknown> | undefined => {
    const items: Array<unknown> = []
    while (next()) {
      if (symbol === close) return items
      const item = read()
      if (item === broken || !next()) return undefined
      items.push(item)
      if (symbol === close) return items
      if (symbol !== ",") return undefined
    }
    return undefined
  }
  const dictionary = (): Record<string, unknown> | undefined => {
    const entries: Array<[string, unknown]> = []
    while (next()) {
      if (symbol === "}") return Object.fromEntries(entries)
      if (symbol !== undefined) return undefined
      const key = String(value)
      if (!next() || symbol !== ":" || !next()) return undefined
      const item = read()
      if (item === broken || !next()) return undefined
      entries.push([key, item])
      if (symbol === "}") return Object.fromEntries(entries)
      if (symbol !== ",") return undefined
    }
    return undefined
  }
  /** The value that begins at the token just read. */
  const read = (): unknown => {
    if (symbol === "{") return dictionary() ?? broken
    if (symbol === "[") return list("]") ?? broken
    if (symbol === "(") return list(")") ?? broken
    return symbol === undefined ? value : broken
  }
  if (!next()) return undefined
  const result = read()
  return result === broken || at < text.length ? undefined : result
}

const broken = Symbol("broken")
const words = new Map<string, unknown>([
  ["None", null],
  ["True", true],
  ["False", false],
])

const atom = (text: string): unknown => {
  const number = Number(text)
  return Number.isNaN(number) ? text : number
}
