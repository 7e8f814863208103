/** What a driver finds on the shared folder, and what it makes of it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runId } from "@ts/backend"
import { fixtureStudy } from "@ts/backend-conformance"
import { encodeOrder, type Order as OrderDocument } from "@ts/worker"
import { Effect } from "effect"
import { afterEach, beforeEach, expect, it } from "vitest"
import type { Client, QueuedTask } from "./client.ts"
import { openLedger, taskId } from "./ledger.ts"
import { localHost } from "./localHost.ts"
import { submissionId } from "./submissionId.ts"

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tt-ledger-"))
  mkdirSync(join(root, "jobs"))
})
afterEach(() => rmSync(root, { recursive: true }))

const study = fixtureStudy()
const runs = [1, 2, 3].map((seed) => study.assignment({ seed }))
const ids = runs.map(({ spec }) => runId(spec))
const document = (...which: ReadonlyArray<number>): OrderDocument => ({
  ...{ protocol: 1, do: "train", checkpoints: "/none", numerics: {} },
  runs: which.map((i) => ({ runId: ids[i]!, assignment: runs[i]! })) as never,
})

const submit = (id: string, documents: ReadonlyArray<OrderDocument>, files: Readonly<Record<string, string>> = {}) => {
  const folder = join(root, "jobs", id)
  mkdirSync(folder)
  const all = {
    "orders.jsonl": documents.map((one) => `${encodeOrder(one)}\n`).join(""),
    tasks: documents.map((_, i) => `${i + 1} ${i + 1}\n`).join(""),
    ...files,
  }
  for (const [name, content] of Object.entries(all)) writeFileSync(join(folder, name), content)
  return folder
}

const open = (queue: ReadonlyArray<Partial<QueuedTask>> = []) => {
  const cancelled: Array<string> = []
  const client = {
    queue: (names: ReadonlyArray<string>) => Effect.succeed(queue.filter(({ name }) => names.includes(name!))),
    cancel: (some: ReadonlyArray<string>) => Effect.sync(() => void cancelled.push(...some)),
  } as unknown as Client
  return Effect.map(
    openLedger(localHost({ timeoutSeconds: 5 }), client, root, (id) => `tt-${id}`),
    (ledger) => ({ ledger, cancelled }),
  ).pipe(Effect.runPromise)
}
const now = () => submissionId(Date.now())
const yesterday = () => submissionId(Date.now() - 2 * 86_400_000)
const settle = (ledger: Awaited<ReturnType<typeof open>>["ledger"], ...planned: ReadonlyArray<string>) =>
  Effect.runPromise(ledger.settle(new Set(planned)))

it("finds runs by their orders, but for those that are over", async () => {
  submit(now(), [document(0), document(1, 2)], { job: "12\n", over: "1\n" })
  const { ledger } = await open()
  expect(ledger.of(ids[0]!)).toBeUndefined()
  expect(taskId(ledger.of(ids[2]!)!)).toBe("12_1")
  expect(ledger.live()).toHaveLength(1)
})

it("takes an order for over once all of its runs are collected, and the submission with its last", async () => {
  const folder = submit(now(), [document(0), document(1, 2)], { job: "12" })
  const { ledger } = await open()
  const [first, second] = [ledger.of(ids[0]!)!, ledger.of(ids[1]!)!]
  expect(await Effect.runPromise(ledger.collect(first, [ids[0]!]))).toBe(true)
  expect(readFileSync(join(folder, "over"), "utf8")).toBe("1\n")
  expect(await Effect.runPromise(ledger.collect(second, [ids[1]!]))).toBe(false)
  expect([ledger.of(ids[1]!), ledger.of(ids[2]!)]).toEqual([undefined, second])
  expect(await Effect.runPromise(ledger.collect(second, [ids[2]!]))).toBe(true)
  expect(existsSync(folder)).toBe(false)
})

it("an order that failed is not trained again by its job, and its logs stay", async () => {
  const folder = submit(now(), [document(0), document(1)], { job: "12" })
  const { ledger } = await open()
  await Effect.runPromise(ledger.end(ledger.of(ids[0]!)!))
  expect(existsSync(join(folder, "journals/1/done"))).toBe(true)
  await Effect.runPromise(ledger.collect(ledger.of(ids[1]!)!, [ids[1]!]))
  expect(readFileSync(join(folder, "over"), "utf8")).toBe("1\n2\n")
  const { ledger: next } = await open()
  expect(next.live()).toEqual([])
  await settle(next)
  expect(existsSync(folder)).toBe(false)
})

it("looking changes nothing; the one driver adopts what the queue knows, and takes away what it does not", async () => {
  const [known, unknown, half, old, strange] = [now(), now(), now(), yesterday(), now()]
  submit(known, [document(0)])
  submit(unknown, [document(1)])
  submit(half, [document(2)])
  rmSync(join(root, "jobs", half, "tasks"))
  submit(old, [document(1)], { job: "3" })
  submit(strange, [], { "orders.jsonl": '{"protocol":9}\n', tasks: "1 1\n", job: "4" })
  const before = readdirSync(join(root, "jobs"))
  const queue = [
    { name: `tt-${known}`, arrayId: "12", id: "12_0" },
    { name: `tt-${strange}`, arrayId: "4", id: "4_0" },
  ]
  const { ledger, cancelled } = await open(queue)
  expect(readdirSync(join(root, "jobs"))).toEqual(before)
  expect(ledger.of(ids[0]!)).toBeUndefined()
  await settle(ledger, ids[0]!)
  expect(readdirSync(join(root, "jobs"))).toEqual([known])
  expect(readFileSync(join(root, "jobs", known, "job"), "utf8")).toBe("12\n")
  expect(taskId(ledger.of(ids[0]!)!)).toBe("12_0")
  expect(cancelled).toEqual(["4"])
})

it("keeps orders that may still be wanted: of today, planned, or with a job", async () => {
  const [today, planned, busy] = [now(), yesterday(), yesterday()]
  submit(today, [document(0)], { job: "1" })
  submit(planned, [document(1)], { job: "2" })
  submit(busy, [document(2)], { job: "3" })
  const { ledger } = await open([{ name: `tt-${busy}`, arrayId: "3", id: "3_0" }])
  await settle(ledger, ids[1]!)
  expect(readdirSync(join(root, "jobs")).sort()).toEqual([today, planned, busy].sort())
})
