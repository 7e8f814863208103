/** Attempts at the same runs, one after another or, where one was cut off and lives on, side by side: each thing told once. */
import { type Assignment, averageName, type RunEvent, runId } from "@ts/backend"

interface Told {
  readonly assignment: Assignment
  started: boolean
  /** Step boundary reached. */
  tokens: number
  readonly readings: Set<string>
  over: boolean
}

const lossKey = (requested: number, average: string) => `${requested} ${average}`
const noiseKey = (requested: number) => `${requested} noise scale`

/** All that answers a position of `evaluateAt`. */
const keysOf = ({ averages, noiseScale }: Assignment, requested: number): ReadonlyArray<string> => [
  lossKey(requested, "none"),
  ...averages.map((decay) => lossKey(requested, averageName(decay))),
  ...(noiseScale === undefined ? [] : [noiseKey(requested)]),
]

export interface Sieve {
  /** Whether an event is news, and about what was asked. Takes note of it. */
  readonly isNews: (event: RunEvent) => boolean
  /** What is still to be told, without runs that are over. */
  readonly left: () => ReadonlyArray<Assignment>
  readonly isOver: (runId: string) => boolean
}

export const makeSieve = (assignments: ReadonlyArray<Assignment>): Sieve => {
  const runs = new Map<string, Told>(
    assignments.map((assignment) => [
      runId(assignment.spec),
      { assignment, started: false, tokens: 0, readings: new Set(), over: false },
    ]),
  )

  const isReading = (told: Told, requested: number, key: string): boolean => {
    if (!told.assignment.evaluateAt.includes(requested) || told.readings.has(key)) return false
    told.readings.add(key)
    return true
  }

  const isNew = (told: Told, event: RunEvent): boolean => {
    switch (event._tag) {
      case "Queued":
        return true
      case "Started": {
        const first = !told.started
        told.started = true
        return first
      }
      case "Evaluated":
        return isReading(told, event.requested, lossKey(event.requested, event.average))
      case "NoiseScaleMeasured":
        return isReading(told, event.requested, noiseKey(event.requested))
      case "Stepped":
        return event.tokens > told.tokens
      case "Checkpointed":
        return event.tokens >= told.tokens
      default:
        told.over = true
        return true
    }
  }

  return {
    isNews: (event) => {
      const told = runs.get(event.runId)
      if (told === undefined || told.over || !isNew(told, event)) return false
      told.tokens = Math.max(told.tokens, event.tokens)
      return true
    },
    left: () =>
      [...runs.values()]
        .filter(({ over }) => !over)
        .map(({ assignment, readings }) => ({
          ...assignment,
          evaluateAt: assignment.evaluateAt.filter((requested) =>
            keysOf(assignment, requested).some((key) => !readings.has(key)),
          ),
        })),
    isOver: (id) => runs.get(id)?.over !== false,
  }
}
