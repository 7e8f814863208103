import type { ReportTable } from "../tables/table.ts"

/** One statement of the study in words: what was found, or why it was not. */
export interface Finding {
  readonly id: string
  /** At most 12 characters: the margin of the terminal report. */
  readonly label: string
  /** The same in full, for a page. */
  readonly title: string
  /** `bounded`: one-sided knowledge only. `noted`: an account of the study, not a result. */
  readonly state: "found" | "bounded" | "not identified" | "noted"
  readonly text: string
  /** What a reader must know besides: left-out horizons, neighbouring doubts. */
  readonly notes: ReadonlyArray<string>
  /** The figures behind it, where they belong beside the words. */
  readonly table?: ReportTable
}

/** Runs of neighbours that say the same, in order. */
export const runsOf = <A>(items: ReadonlyArray<A>, key: (item: A) => string): ReadonlyArray<ReadonlyArray<A>> => {
  const runs: Array<Array<A>> = []
  let last: string | undefined
  for (const item of items) {
    const now = key(item)
    if (now === last) runs[runs.length - 1].push(item)
    else runs.push([item])
    last = now
  }
  return runs
}

/** Distinct sentences, in order. */
export const distinctNotes = (...lists: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => [
  ...new Set(lists.flat()),
]

/** A message as a clause: no full stop, and a small first letter where it is a word's. */
export const clause = (message: string): string =>
  message.replace(/\.$/, "").replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
