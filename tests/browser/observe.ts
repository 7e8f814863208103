/** Runs in Node and in the page alike: what a module prints and what its default export returns, as text that keeps every bit. */

/** Shortest decimals bring a float64 back to the bit; JSON itself loses these four. */
const special = new Map<unknown, string>([
  [Number.POSITIVE_INFINITY, "Infinity"],
  [Number.NEGATIVE_INFINITY, "-Infinity"],
  [Number.NaN, "NaN"],
  [undefined, "undefined"],
])

const plain = (value: unknown): unknown => {
  if (special.has(value)) return { special: special.get(value) }
  if (Object.is(value, -0)) return { special: "-0" }
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>)
  if (value instanceof Map) return [...value]
  return value
}

const text = (value: unknown): string => JSON.stringify(value, (_, inner) => plain(inner))

export interface Observation {
  readonly printed: ReadonlyArray<string>
  readonly returned: string
  readonly error?: string
}

export const observe = async (load: () => Promise<Record<string, unknown>>): Promise<Observation> => {
  const printed: Array<string> = []
  const { log } = console
  console.log = (...values: ReadonlyArray<unknown>) => {
    printed.push(text(values))
  }
  try {
    const { default: program } = await load()
    const returned = typeof program === "function" ? await program() : undefined
    return { printed, returned: text(returned) }
  } catch (error) {
    return { printed, returned: "", error: error instanceof Error ? error.message : String(error) }
  } finally {
    console.log = log
  }
}
