/** Answers to the questions of check.ts: numbers by name, or a covariance. */
export interface Answer {
  readonly values?: ReadonlyArray<number>
  /** Numbers of one kind, of which some may vanish. */
  readonly vector?: ReadonlyArray<number>
  readonly covariance?: ReadonlyArray<ReadonlyArray<number>>
}

export type Answers = Readonly<Record<string, Answer>>

/** Two answers to one question, where they differ most. */
export interface Comparison {
  readonly name: string
  readonly count: number
  readonly ours: number
  readonly theirs: number
  /** Relative to the number itself, in a vector at least to a thousandth of the largest; in a covariance to the standard deviations. */
  readonly difference: number
}

const flat = ({ values, vector, covariance = [] }: Answer): ReadonlyArray<number> =>
  values ?? vector ?? covariance.flat()

/** What a difference at a position is measured by. */
const scaleOf = ({ values, vector, covariance = [] }: Answer, at: number): number => {
  if (values !== undefined) return Math.abs(values[at])
  // A number that happens to lie near zero among larger ones of its kind has no more digits than they have.
  if (vector !== undefined) return Math.max(Math.abs(vector[at]), 1e-3 * Math.max(...vector.map(Math.abs)))
  const n = covariance.length
  const [row, column] = [Math.floor(at / n), at % n]
  return Math.sqrt(covariance[row][row] * covariance[column][column])
}

const compareOne = (name: string, ours: Answer, theirs: Answer): Comparison => {
  const [a, b] = [flat(ours), flat(theirs)]
  let worst: Comparison = { name, count: b.length, ours: a[0], theirs: b[0], difference: -1 }
  b.forEach((value, i) => {
    const error = Math.abs(a[i] - value) / scaleOf(theirs, i)
    const difference = Number.isNaN(error) ? Infinity : error
    if (difference > worst.difference) worst = { name, count: b.length, ours: a[i], theirs: value, difference }
  })
  return a.length === b.length && b.length > 0 ? worst : { ...worst, difference: Infinity }
}

/** Every question that either side answered. */
export const compare = (ours: Answers, theirs: Answers): ReadonlyArray<Comparison> =>
  [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].map((name) =>
    compareOne(name, ours[name] ?? {}, theirs[name] ?? {}),
  )

const number = (x: number | undefined): string => (x === undefined ? "-" : x.toPrecision(10))

export const comparisonText = (comparisons: ReadonlyArray<Comparison>): string => {
  const widest = Math.max(...comparisons.map(({ name }) => name.length))
  const line = (name: string, count: string, ours: string, theirs: string, difference: string) =>
    [name.padEnd(widest), count.padStart(7), ours.padStart(18), theirs.padStart(18), difference.padStart(12)].join(" ")
  return [
    line("quantity", "numbers", "ours", "SciPy", "difference"),
    ...comparisons.map((c) =>
      line(c.name, String(c.count), number(c.ours), number(c.theirs), c.difference.toExponential(1)),
    ),
  ].join("\n")
}
