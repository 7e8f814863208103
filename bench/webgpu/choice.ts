/** The peers there are (`peers/index.js`), known without loading one. */
export const peerNames: readonly string[] = ["jax", "tfjs"]

/** Ends the program with a sentence where a flag names something that is not there. */
export const requireOneOf = (flag: string, name: string, known: readonly string[]): void => {
  if (known.includes(name)) return
  console.error(`${flag}: there is no "${name}"; there are ${known.join(", ")}`)
  process.exit(2)
}
