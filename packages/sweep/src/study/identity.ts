/** Small whole numbers for objects, so that what follows from several of them can be kept under one key. */
export const identities = (): ((object: unknown) => unknown) => {
  const known = new WeakMap<object, string>()
  let next = 0
  return (value) => {
    if (typeof value !== "object" || value === null) return value
    const id = known.get(value) ?? `#${next++}`
    known.set(value, id)
    return id
  }
}

/** What a function gives, once for each argument: objects by identity, all else by value. */
export const once = <A, B>(evaluate: (argument: A) => B): ((argument: A) => B) => {
  const objects = new WeakMap<object, B>()
  const others = new Map<A, B>()
  return (argument) => {
    const kept = (typeof argument === "object" && argument !== null ? objects : others) as Pick<
      Map<A, B>,
      "get" | "has" | "set"
    >
    if (kept.has(argument)) return kept.get(argument) as B
    const value = evaluate(argument)
    kept.set(argument, value)
    return value
  }
}
