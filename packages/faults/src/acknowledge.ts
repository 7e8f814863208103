/** Writes down what a store's appends returned for, where a kill cannot take it away. */
import { openSync, writeSync } from "node:fs"
import { type JournalEntry, Store } from "@ts/sweep"
import { Effect, Layer } from "effect"

/** Sees every append of a store that has returned. */
export const acknowledging =
  (told: (entries: ReadonlyArray<JournalEntry>) => void) =>
  <R, E, In>(store: Layer.Layer<Store | R, E, In>): Layer.Layer<Store | R, E, In> =>
    Layer.effect(
      Store,
      Effect.map(Store, (inner) => ({
        ...inner,
        drive: (options: Parameters<typeof inner.drive>[0]) =>
          Effect.map(inner.drive(options), (session) => ({
            ...session,
            append: (events: Parameters<typeof session.append>[0]) =>
              Effect.tap(session.append(events), (entries) => Effect.sync(() => told(entries))),
            planned: (runs: Parameters<typeof session.planned>[0]) =>
              Effect.tap(session.planned(runs), (entries) => Effect.sync(() => told(entries))),
          })),
      })),
    ).pipe(Layer.provideMerge(store))

/** Appends entries to a file, one JSON line each. */
export const writeAcknowledgements = (file: string) => {
  const descriptor = openSync(file, "a")
  return (entries: ReadonlyArray<JournalEntry>): void => {
    writeSync(descriptor, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""))
  }
}
