import { Effect } from "effect"
import { Command } from "effect/cli"
import { type Availability, type Registered, backends as registry } from "../backends.ts"
import { data, json, toJson } from "../output.ts"

const standing = (found: Availability): { readonly unavailable: string | null; readonly device?: string } => {
  if (!found.available) return { unavailable: found.reason }
  return { unavailable: null, ...(found.device === undefined ? {} : { device: found.device }) }
}

export const backends = Command.make(
  "backends",
  { json },
  Effect.fn("backends")(function* (flags) {
    const list = yield* Effect.forEach(Object.entries<Registered>(registry), ([name, { description, availability }]) =>
      Effect.map(availability, (found) => ({ name, description, ...standing(found) })),
    )
    if (flags.json) return yield* data(toJson(list))
    for (const { name, description, unavailable, device } of list) {
      yield* data(`${name.padEnd(14)} ${unavailable === null ? "ready" : "not ready"}  ${description}`)
      const more = unavailable ?? device
      if (more !== undefined) yield* data(`${"".padEnd(14)} ${more}`)
    }
  }),
).pipe(
  Command.withDescription("What can train the runs of a study here"),
  Command.withExamples([{ command: "time-transfer backends --json", description: "The same as data" }]),
)
