/** What a node of the site can do: a job of a moment asks it, once; its answer is kept on the shared folder. */
import { type BackendError, canonicalHash } from "@ts/backend"
import { type Message, makeListener, PROTOCOL } from "@ts/worker"
import { Effect, Stream } from "effect"
import type { Attendance } from "./attend.ts"
import type { Client } from "./client.ts"
import { slurmError } from "./errors.ts"
import type { Host } from "./host.ts"
import type { Site } from "./options.ts"
import { submissionId } from "./submissionId.ts"
import { type SubmitterOptions, submission } from "./submit.ts"

export type Hello = Extract<Message, { readonly _tag: "Hello" }>

/** Nodes that are asked for alike answer alike. */
const keyOf = (
  { partition, constraint, nodelist, exclude, gres, container, setup, environment }: Site,
  worker: ReadonlyArray<string>,
) =>
  canonicalHash({
    ...{ partition: partition ?? "", constraint: constraint ?? "", nodelist: nodelist ?? "", exclude: exclude ?? "" },
    ...{ gres: gres ?? "", container: container ?? [], setup: setup ?? [], environment: environment ?? {}, worker },
  }).slice(0, 16)

type Asker = Pick<SubmitterOptions, "worker">

const answerFile = (site: Site, { worker }: Asker): string =>
  `${site.shared}/describe/${keyOf(site, site.worker ?? worker)}.json`

const kept = Effect.fnUntraced(function* (host: Host, path: string) {
  const bytes = yield* host.readFile(path)
  if (bytes === undefined) return undefined
  try {
    const [hello] = makeListener().hear(bytes)
    return hello?._tag === "Hello" ? hello : undefined
  } catch {
    return undefined
  }
})

const wrong = (hello: Hello, expects: string | undefined): BackendError | undefined => {
  const refuse = (what: string, remedy: string) =>
    slurmError("Unsupported", `worker: the worker ${what}; ${remedy}`, { field: "worker" })
  if (hello.protocol !== PROTOCOL)
    return refuse(
      `speaks protocol ${hello.protocol}, this driver ${PROTOCOL}`,
      "install the same version of time-transfer on the cluster",
    )
  // Only of workers of the same name: any other trainer has versions of its own.
  const [name, version] = expects?.split(" ") ?? []
  if (name !== undefined && hello.worker.startsWith(`${name} `) && hello.worker !== expects)
    return refuse(
      `is ${hello.worker}, this driver is version ${version}`,
      "install the same version on both sides, or name the other worker by the option worker",
    )
  return undefined
}

export const describeSite = Effect.fnUntraced(function* (
  host: Host,
  client: Client,
  site: Site,
  attendance: Attendance,
  options: SubmitterOptions,
): Effect.fn.Return<Hello, BackendError> {
  const path = answerFile(site, options)
  const known = yield* kept(host, path)
  if (known !== undefined && wrong(known, site.expects) === undefined) return known
  const made = yield* submission(host, client, site, options, submissionId(Date.now()), [
    [() => ({ protocol: PROTOCOL, do: "describe" as const })],
  ])
  const [order] = made.orders
  yield* Effect.logInfo(`asking a node of ${host.name} what it can do: job ${made.jobId}`)
  let hello: Hello | undefined
  yield* Stream.runForEach(attendance.attend(order!), (seen) =>
    Effect.gen(function* () {
      if (seen._tag === "Waits") yield* Effect.logInfo(`${seen.place}`)
      if (seen._tag === "Said" && seen.message._tag === "Hello") hello = seen.message
    }),
  ).pipe(
    Effect.onInterrupt(() => Effect.ignore(client.cancel([made.jobId]))),
    Effect.ensuring(Effect.ignore(host.remove(made.folder))),
  )
  if (hello === undefined)
    return yield* slurmError(
      "Unsupported",
      "worker: the worker says nothing of itself; see PROTOCOL.md of @ts/worker",
      {
        field: "worker",
      },
    )
  const problem = wrong(hello, site.expects)
  if (problem !== undefined) return yield* problem
  yield* host.writeFiles([{ path, content: `${JSON.stringify(hello)}\n` }])
  return hello
})

/** For an order that failed for its `numerics`: nodes compute otherwise than when one was asked, after an upgrade of the worker for example. */
export const forgetDescription = (host: Host, site: Site, worker: Asker["worker"]): Effect.Effect<void> => {
  const path = answerFile(site, { worker })
  return Effect.gen(function* () {
    // Many orders fail for it together.
    if (!(yield* host.exists(path))) return
    yield* host.remove(path)
    yield* Effect.logWarning(
      `what a node said it can do is out of date, and forgotten (${path}); run again, and one is asked anew`,
    )
  }).pipe(
    Effect.catch(({ message }) =>
      Effect.logWarning(`what a node said it can do is out of date; remove ${path} and run again (${message})`),
    ),
  )
}
