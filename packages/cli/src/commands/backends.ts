import { Effect } from "effect"
import { Command } from "effect/cli"
import { type Registered, backends as registry } from "../backends.ts"
import { data, json, toJson } from "../output.ts"

export const backends = Command.make(
  "backends",
  { json },
  Effect.fn("backends")(function* (flags) {
    const list = Object.entries<Registered>(registry).map(([name, { description, unavailable }]) => ({
      name,
      description,
      unavailable: unavailable() ?? null,
    }))
    if (flags.json) return yield* data(toJson(list))
    for (const { name, description, unavailable } of list) {
      yield* data(`${name.padEnd(14)} ${unavailable === null ? "ready" : "not ready"}  ${description}`)
      if (unavailable !== null) yield* data(`${"".padEnd(14)} ${unavailable}`)
    }
  }),
).pipe(
  Command.withDescription("What can train the runs of a study here"),
  Command.withExamples([{ command: "time-transfer backends --json", description: "The same as data" }]),
)
