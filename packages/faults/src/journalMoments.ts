/** The moments about a journal append at which a driver can be killed, seen in the statements it executes. */
import type { JournalEvent } from "@ts/sweep"
import { begins, commits, type Execution, rollsBack, type SqlWatcher } from "./watchSql.ts"

/**
 * `inside`: written, the transaction still open. `before`: all of the transaction is written, its commit is next.
 * `after`: committed, and nobody was told. `acknowledged`: the append has returned.
 */
export const moments = ["inside", "before", "after", "acknowledged"] as const
export type Moment = (typeof moments)[number]

/** What happened to which run where: equal in every session that does the same work. */
export const eventKey = (event: JournalEvent): string => {
  const { _tag, runId, requested, tokens, average } = event as Record<string, unknown>
  return [_tag, runId, requested ?? tokens, average].filter((part) => part !== undefined).join(" ")
}

/** Events among the parameters of a statement: alone or in a list, as JSON. */
const eventsIn = ({ sql, parameters }: Execution): ReadonlyArray<JournalEvent> =>
  !/^\s*INSERT\b[\s\S]*?\bINTO\s+"?journal"?\b/i.test(sql)
    ? []
    : parameters.flatMap((value) => {
        if (typeof value !== "string" || !/^[[{]/.test(value)) return []
        const parsed = JSON.parse(value) as JournalEvent | ReadonlyArray<JournalEvent>
        return Array.isArray(parsed) ? parsed : [parsed as JournalEvent]
      })

/** Tells the moments before an append returns, each with the events it is about. */
export const journalMoments = (
  reached: (moment: Exclude<Moment, "acknowledged">, events: ReadonlyArray<JournalEvent>) => void,
): SqlWatcher => {
  let open: Array<JournalEvent> = []
  return (execution, execute) => {
    if (begins(execution)) open = []
    const committing = commits(execution) && open.length > 0
    if (committing) reached("before", open)
    const result = execute()
    const written = eventsIn(execution)
    open.push(...written)
    if (written.length > 0) reached("inside", written)
    if (committing) reached("after", open)
    if (committing || rollsBack(execution)) open = []
    return result
  }
}
