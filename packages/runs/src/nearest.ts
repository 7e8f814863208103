/** Letters and digits in lower case: what is left when people disagree about case, spaces and underscores. */
const bare = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, "")

/** Levenshtein distance: insertions, deletions and substitutions. */
export const editDistance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++)
      row.push(Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)))
    previous = row
  }
  return previous[b.length]
}

/** The names that `wanted` may have meant, nearest first: the same but for case and punctuation, part of it, or few letters away. At most three. */
export const nearestNames = (wanted: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const target = bare(wanted)
  if (target === "") return []
  return names
    .map((name) => {
      const own = bare(name)
      const within = target.length > 1 && own.includes(target)
      const around = own.length > 1 && target.includes(own)
      return { name, distance: own === target ? 0 : within ? 0.5 : around ? 1.5 : editDistance(own, target) }
    })
    .filter(({ distance }) => distance <= Math.max(1.5, target.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name)
}

const LISTED = 40

/** "the columns are …", and what was perhaps meant. */
export const columnsSentence = (wanted: string, names: ReadonlyArray<string>): string => {
  const quoted = (list: ReadonlyArray<string>) => list.map((name) => `"${name}"`).join(", ")
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : ""
  const near = nearestNames(wanted, names)
  return `the columns are ${quoted(names.slice(0, LISTED))}${more}${near.length === 0 ? "" : `; nearest: ${quoted(near)}`}`
}
