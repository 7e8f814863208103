import { BackendError } from "@ts/backend"
import { Effect, Exit, Queue, Stream } from "effect"
import { expect, it } from "vitest"
import { catchCrash, unlessSilent } from "../src/run/guard.ts"

const blockFor = (millis: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)

it("what waited while the process was held up is heard before the backend is taken for silent", async () => {
  const program = Effect.gen(function* () {
    const queue = yield* Queue.unbounded<string>()
    setTimeout(() => Queue.offerUnsafe(queue, "heard"), 20)
    // The timeout and the event are both due when the block ends.
    setTimeout(() => blockFor(300), 10)
    return yield* Stream.fromQueue(queue).pipe(
      (stream) => unlessSilent(stream, "100 millis", () => "silent"),
      Stream.runHead,
    )
  })
  expect(await Effect.runPromise(program)).toMatchObject({ value: "heard" })
})

it("a stream that gives nothing is silent, once it has been so for the whole duration", async () => {
  const began = performance.now()
  const exit = await Effect.runPromise(
    Effect.exit(Stream.runDrain(unlessSilent(Stream.never, "60 millis", () => "silent"))),
  )
  expect(exit).toEqual(Exit.fail("silent"))
  expect(performance.now() - began).toBeGreaterThan(58)
})

it("who waits in a queue is not silent, until it is heard of again", async () => {
  const events = Stream.make("queued").pipe(
    Stream.concat(Stream.fromEffect(Effect.delay(Effect.succeed("started"), "150 millis"))),
    Stream.concat(Stream.never),
  )
  const heard: Array<string> = []
  const guarded = unlessSilent(
    events,
    "60 millis",
    () => "silent",
    (last) => last === "queued",
  )
  const exit = await Effect.runPromise(
    Effect.exit(Stream.runForEach(guarded, (event) => Effect.sync(() => heard.push(event)))),
  )
  expect(heard).toEqual(["queued", "started"])
  expect(exit).toEqual(Exit.fail("silent"))
})

it("a crash is an error, an error and an interruption stay what they are", async () => {
  const crashed = (message: string) => `crashed: ${message}`
  const failing = new BackendError({ backend: "b", reason: "Device", message: "gone", retryable: true })
  const of = (train: () => Stream.Stream<number, BackendError>) =>
    Effect.runPromise(Effect.exit(Stream.runDrain(catchCrash(train, crashed))))
  expect(await of(() => Stream.die(new TypeError("no loss")))).toEqual(Exit.fail("crashed: no loss"))
  expect(
    await of(() => {
      throw new RangeError("no model")
    }),
  ).toEqual(Exit.fail("crashed: no model"))
  expect(await of(() => Stream.fail(failing))).toEqual(Exit.fail(failing))
  expect(Exit.hasInterrupts(await of(() => Stream.fromEffect(Effect.interrupt)))).toBe(true)
})
