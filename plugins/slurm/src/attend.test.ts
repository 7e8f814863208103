/** What is made of journals and of a queue, in the order in which a shared folder may show them. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { type BackendError, type RunEvent, runId } from "@ts/backend"
import { fixtureStudy } from "@ts/backend-conformance"
import { Effect, Exit, Fiber, Stream } from "effect"
import { afterEach, beforeEach, expect, it } from "vitest"
import { makeAttendance } from "./attend.ts"
import type { Client, QueuedTask } from "./client.ts"
import { outOfReach } from "./errors.ts"
import { type Order, ordersOf, STOP } from "./ledger.ts"
import { localHost } from "./localHost.ts"
import { siteOf } from "./options.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tt-attend-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const assignment = fixtureStudy().assignment()
const id = runId(assignment.spec)

/** Orders of as many jobs of one submission. */
const ordersHere = (count: number): ReadonlyArray<Order> =>
  ordersOf(
    { id: "s", folder: join(folder, "s"), name: "tt-s", jobId: "7" },
    Array.from({ length: count }, () => ({
      ...{ protocol: 1 as const, do: "train" as const, checkpoints: "/none", numerics: {} },
      runs: [{ runId: id, assignment }] as const,
    })),
    Array.from({ length: count }, (_, i) => [i + 1, i + 1] as const),
  ).orders

const capabilities = {
  ...{ backend: "b", device: "d", numerics: {}, maxLanes: 1, concurrency: 1, deterministic: true, branching: true },
  ...{ checkpoints: true, averages: true, noiseScale: true, synthetic: false, maxima: {} },
}
const stepped = (tokens: number): RunEvent => ({
  ...{ _tag: "Stepped", runId: id, tokens, step: tokens, loss: 2.345678901234, gradientNorm: 1.23456789, eta: 0.001 },
})
type Line = { readonly _tag: string; readonly [field: string]: unknown }
const hello: Line = { _tag: "Hello", protocol: 1, worker: "w", needs: [], capabilities }
const done: Line = { _tag: "End", how: "done" }
const said = (event: RunEvent): Line => ({ _tag: "Event", event })

/** What an attempt at an order wrote. */
const journal = (order: Order, attempt: string, lines: ReadonlyArray<Line>, from = 1) => {
  const file = join(order.folder, `${attempt}.jsonl`)
  mkdirSync(dirname(file), { recursive: true })
  appendFileSync(file, lines.map((line, i) => `${JSON.stringify({ seq: from + i, ...line })}\n`).join(""))
}

const running = ({ submission, task }: Order): QueuedTask => ({
  ...{ id: `${submission.jobId}_${task}`, arrayId: submission.jobId, task, state: "RUNNING", reason: "None" },
  name: submission.name,
})

/** How each order ends, and what was heard of it. */
const attendAll = (
  orders: ReadonlyArray<Order>,
  queue: () => Effect.Effect<ReadonlyArray<QueuedTask>, BackendError>,
  during: Effect.Effect<void> = Effect.void,
  change: object = {},
) =>
  Effect.gen(function* () {
    const site = yield* siteOf({ shared: folder, pollSeconds: 0.02, queueSeconds: 0.04, lostSeconds: 0.2, ...change })
    const cancelled: Array<string> = []
    const client = {
      queue,
      fate: () => Effect.succeed(new Map()),
      cancel: (ids: ReadonlyArray<string>) => Effect.sync(() => void cancelled.push(...ids)),
    } as Partial<Client> as Client
    const { attend } = yield* makeAttendance(localHost({ timeoutSeconds: 5 }), client, site)
    const fiber = yield* Effect.forkChild(
      Effect.forEach(orders, (order) => Effect.exit(Stream.runCollect(attend(order))), { concurrency: "unbounded" }),
    )
    yield* during
    return { exits: yield* Fiber.join(fiber), cancelled }
  }).pipe(Effect.scoped, Effect.runPromise)

const gone = () => Effect.succeed([])
const errorIn = (exit: Exit.Exit<unknown, BackendError>) =>
  Effect.runSync(Effect.flip(exit as Exit.Exit<unknown, BackendError>))

it("orders that ended while nobody looked are heard to their ends, however much they said", async () => {
  const orders = ordersHere(300)
  const story = [hello, ...Array.from({ length: 400 }, (_, i) => said(stepped(i))), done]
  for (const order of orders) journal(order, "1", story)
  const { exits } = await attendAll(orders, gone)
  expect(exits.filter(Exit.isSuccess)).toHaveLength(300)
  expect(exits.every((exit) => Exit.isSuccess(exit) && exit.value.length === 401)).toBe(true)
}, 60_000)

it("only the newest attempt ends an order", async () => {
  const [order] = ordersHere(1) as [Order]
  const refused: Line = { _tag: "Error", reason: "Checkpoint", message: "a later attempt goes on", retryable: false }
  journal(order, "1", [hello, said(stepped(64)), refused])
  journal(order, "2", [hello])
  const later = Effect.delay(
    Effect.sync(() => journal(order, "2", [said(stepped(128)), done], 2)),
    "300 millis",
  )
  const { exits } = await attendAll([order], () => Effect.succeed([running(order)]), later)
  expect(exits.map(Exit.isSuccess)).toEqual([true])
})

it("an order whose job is gone is lost after a while, and cancelled where somebody cancelled it", async () => {
  const [order] = ordersHere(1) as [Order]
  journal(order, "1", [hello, said(stepped(64))])
  const lost = errorIn((await attendAll([order], gone)).exits[0]!)
  expect(lost).toMatchObject({
    reason: "Device",
    retryable: true,
    message: expect.stringMatching(/has left the queue/),
  })
  writeFileSync(join(order.submission.folder, STOP), "")
  const cancelled = errorIn((await attendAll([order], gone)).exits[0]!)
  expect(cancelled).toMatchObject({ retryable: false, message: expect.stringMatching(/were cancelled; run it again/) })
})

it("results are heard though no scheduler answers", async () => {
  const [order] = ordersHere(1) as [Order]
  journal(order, "1", [hello, said(stepped(64)), done])
  const { exits } = await attendAll([order], () => Effect.fail(outOfReach("the controller is down")))
  expect(exits.map(Exit.isSuccess)).toEqual([true])
})

it("a job that runs and says nothing is cancelled, but not for the time it had to wait", async () => {
  const [order] = ordersHere(1) as [Order]
  const began = performance.now()
  const waits = () =>
    Effect.sync(() => [
      performance.now() - began < 700 ? { ...running(order), state: "PENDING", reason: "Priority" } : running(order),
    ])
  const { exits, cancelled } = await attendAll([order], waits, Effect.void, { stallSeconds: 0.5 })
  // Half a second after it was last seen to wait, however slow the looks.
  expect(performance.now() - began).toBeGreaterThan(800)
  expect(errorIn(exits[0]!).message).toMatch(/nothing was heard of job 7_0 for \d+ s, though it runs; it is cancelled/)
  expect(cancelled).toEqual(["7_0"])
})
