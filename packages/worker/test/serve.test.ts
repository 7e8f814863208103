/** Orders followed in this process: what is said, and what becomes of attempts that are cut off. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { type Assignment, type Backend, runId } from "@ts/backend"
import { fixtureStudy } from "@ts/backend-conformance"
import { DataSource } from "@ts/data"
import { referenceDevice } from "@ts/program"
import { trainerBackend } from "@ts/trainer"
import { Deferred, Effect, Fiber, type Layer } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  encodeOrder,
  type Message,
  makeListener,
  makePublishing,
  type Order,
  type OrderedRun,
  orderRuns,
  PROTOCOL,
  serve,
  type WorkerOptions,
} from "../src/index.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tt-worker-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const backend = trainerBackend({ name: "reference", device: referenceDevice({ precision: "f32" }), chunkMillis: 1 })
const numerics = { f32: "reference-f32-v1" }
const study = fixtureStudy()

const options = (more: Partial<WorkerOptions> = {}): WorkerOptions => ({
  worker: "test",
  backend: backend as Layer.Layer<Backend, unknown, DataSource>,
  needsData: true,
  ...more,
})

const runsOf = (...assignments: readonly [Assignment, ...Array<Assignment>]) =>
  Effect.gen(function* () {
    return yield* orderRuns(assignments, ["data"], yield* makePublishing("test", join(folder, "data")))
  }).pipe(Effect.provide(DataSource.layer({ cacheFolder: folder })), Effect.runPromise)

const trainOrder = (runs: readonly [OrderedRun, ...Array<OrderedRun>], more: object = {}): Order => ({
  protocol: PROTOCOL,
  do: "train",
  runs,
  checkpoints: join(folder, "checkpoints"),
  numerics: seen ?? numerics,
  ...more,
})
let seen: Record<string, string> | undefined

/** What is said to an order, and how it ended. `each` sees every line. */
const follow = async (order: string, more: Partial<WorkerOptions> = {}, each: (line: string) => void = () => {}) => {
  const lines: Array<string> = []
  const write = (line: string) =>
    Effect.sync(() => {
      lines.push(line)
      each(line)
    })
  const ended = await Effect.runPromise(
    Effect.provide(serve(Effect.succeed(order), write, options(more)), NodeServices.layer),
  )
  return { ended, text: lines.join(""), messages: makeListener().hear(new TextEncoder().encode(lines.join(""))) }
}

/** The same, stopped after the first message that `when` holds of. */
const cutOff = (order: Order, when: (message: Message) => boolean, more: Partial<WorkerOptions> = {}) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const reached = yield* Deferred.make<void>()
    const write = (line: string) => {
      lines.push(line)
      return when(JSON.parse(line)) ? Effect.asVoid(Deferred.succeed(reached, undefined)) : Effect.void
    }
    const fiber = yield* Effect.forkChild(serve(Effect.succeed(encodeOrder(order)), write, options(more)))
    yield* Deferred.await(reached)
    yield* Fiber.interrupt(fiber)
    return lines.join("")
  }).pipe(Effect.provide(NodeServices.layer), Effect.runPromise)

const readings = (...texts: ReadonlyArray<string>) =>
  texts.flatMap((text) =>
    makeListener()
      .hear(new TextEncoder().encode(text))
      .flatMap((message) =>
        message._tag === "Event" && message.event._tag === "Evaluated"
          ? [`${message.event.requested}: ${message.event.loss}`]
          : [],
      ),
  )

describe("serve", () => {
  beforeEach(async () => {
    const { messages } = await follow(encodeOrder({ protocol: PROTOCOL, do: "describe" }))
    seen = (messages[0] as Extract<Message, { _tag: "Hello" }>).capabilities.numerics as Record<string, string>
  })

  it("says who it is", async () => {
    const { messages, ended } = await follow(encodeOrder({ protocol: PROTOCOL, do: "describe" }))
    expect(messages).toMatchObject([
      { seq: 1, _tag: "Hello", protocol: 1, worker: "test", needs: ["data"], capabilities: { backend: "reference" } },
      { seq: 2, _tag: "End", how: "done" },
    ])
    expect(ended).toBe("done")
  })

  it.each<[string, string, object]>([
    ["no JSON", "hello", { reason: "Unsupported", field: "order" }],
    ["another protocol", '{"protocol":7}', { reason: "Unsupported", field: "protocol" }],
    ["an order it does not know", '{"protocol":1,"do":"dance"}', { reason: "Unsupported", field: "order" }],
  ])("refuses %s", async (_, order, expected) => {
    const { messages, ended } = await follow(order)
    expect(messages.at(-1)).toMatchObject({ _tag: "Error", retryable: false, ...expected })
    expect(ended).toBe("failed")
  })

  it("trains what is asked, and refuses what cannot be", async () => {
    const good = study.assignment()
    const { messages, ended } = await follow(encodeOrder(trainOrder(await runsOf(good))))
    expect(ended).toBe("done")
    expect(messages.at(-1)).toMatchObject({ _tag: "End", how: "done" })
    const bad = study.assignment({ batch: { kind: "constant", tokens: 72 } })
    const [run] = await runsOf(good)
    const order: Order = {
      protocol: PROTOCOL,
      do: "check",
      runs: [{ ...run, assignment: bad, runId: runId(bad.spec) }],
    }
    expect((await follow(encodeOrder(order))).messages.at(-1)).toMatchObject({
      _tag: "Error",
      reason: "InvalidSpec",
      field: "batch.tokens",
    })
  })

  it("refuses to train under other numerics than those announced", async () => {
    const order = trainOrder(await runsOf(study.assignment()), { numerics: { f32: "another-machine" } })
    expect((await follow(encodeOrder(order))).messages.at(-1)).toMatchObject({
      _tag: "Error",
      reason: "Unavailable",
      field: "numerics",
      message: expect.stringMatching(/computes f32 as .*, not as another-machine: the machines differ/),
    })
  })

  it("refuses tokens that are not those published", async () => {
    const runs = await runsOf(study.assignment())
    const manifest = JSON.parse(readFileSync(runs[0].data!, "utf8"))
    writeFileSync(join(folder, "data", manifest.shards[0].name), new Uint8Array(2 * manifest.shards[0].tokens))
    expect((await follow(encodeOrder(trainOrder(runs)))).messages.at(-1)).toMatchObject({
      _tag: "Error",
      reason: "Data",
      message: expect.stringMatching(/not those that were published/),
    })
  })

  it("is alive while it has nothing to tell", async () => {
    const slow = study.assignment({}, { evaluateAt: [], until: 16384 })
    const { messages } = await follow(encodeOrder(trainOrder(await runsOf(slow))), { patience: 20 })
    expect(messages.filter(({ _tag }) => _tag === "Alive").length).toBeGreaterThan(2)
  })

  it("goes on where earlier attempts were cut off, and tells nothing twice", async () => {
    const assignment = study.assignment()
    const runs = await runsOf(assignment)
    const whole = readings((await follow(encodeOrder(trainOrder(runs)))).text)
    rmSync(join(folder, "checkpoints"), { recursive: true })
    const journals = join(folder, "journals")
    mkdirSync(journals)
    const order = trainOrder(runs, { journals })
    const first = await cutOff(order, (m) => m._tag === "Event" && m.event._tag === "Evaluated")
    expect(first).toMatch(/"how":"stopped"\}\n$/)
    // Its last line did not get to disk whole.
    writeFileSync(join(journals, "1.jsonl"), `${first}{"seq":9,"_ta`)
    const second = await cutOff(
      order,
      (m) => m._tag === "Event" && m.event._tag === "Evaluated" && m.event.requested === 1000,
    )
    writeFileSync(join(journals, "2.jsonl"), second)
    const third = (await follow(encodeOrder(order))).text
    expect(readings(first, second, third)).toEqual(whole)
    expect(second).toMatch(/"_tag":"Started"[^\n]*"resumedFrom"/)
    writeFileSync(join(journals, "3.jsonl"), third)
    expect((await follow(encodeOrder(order))).messages.map(({ _tag }) => _tag)).toEqual(["Hello", "End"])
  })

  it("does not go back to a checkpoint that an earlier attempt has kept", async () => {
    const assignment = study.assignment({}, { checkpointAt: [64], evaluateAt: [], until: 8192, logEvery: 64 })
    const journals = join(folder, "journals")
    mkdirSync(journals)
    const order = trainOrder(await runsOf(assignment), { journals })
    const far = (m: Message) => m._tag === "Event" && m.event._tag === "Stepped" && m.event.tokens > 2000
    writeFileSync(join(journals, "1.jsonl"), await cutOff(order, far))
    const { messages } = await follow(encodeOrder(order))
    const started = messages.flatMap((m) => (m._tag === "Event" && m.event._tag === "Started" ? [m.event.tokens] : []))
    expect(started[0]).toBeGreaterThan(1900)
    expect(messages.at(-1)).toMatchObject({ _tag: "End", how: "done" })
  })

  it("ends without a checkpoint once another attempt has begun", async () => {
    const runs = await runsOf(study.assignment())
    const order = encodeOrder(trainOrder(runs, { journals: folder }))
    writeFileSync(join(folder, "attempt"), "one\n")
    const each = (line: string) => {
      if (line.includes('"Started"')) writeFileSync(join(folder, "attempt"), "two\n")
    }
    const { ended, messages } = await follow(order, { attempt: "one" }, each)
    expect(ended).toBe("failed")
    // Not even an error: it would be taken for the later attempt's.
    expect(messages.map(({ _tag }) => _tag)).toEqual(["Hello", "Event"])
    expect((await follow(order, { attempt: "two" })).ended).toBe("done")
  })
})
