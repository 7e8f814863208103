/** The same spec gives the same bits, however it is cut: micro-batches, chunks, lanes, interruptions, extensions. */
import { Backend } from "@ts/backend"
import { random, sequence } from "@ts/random"
import { Effect, Fiber, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { assign, lastHash, losses, only, run, train } from "./study.ts"

const reading = { logEvery: 32, evaluateAt: [320, 640], averages: [0.5, 0.9] }
const whole = assign({}, reading)
const inOneGo = run(
  Effect.gen(function* () {
    const events = yield* train(whole)
    const hash = yield* lastHash(whole)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    return { losses: losses(events), evaluated: only(events, "Evaluated"), hash }
  }),
)

describe("one run, cut differently", () => {
  it.each([
    { microBatchTokens: 8 },
    { microBatchTokens: 24 },
    { chunkMillis: 0.001 },
    { chunkMillis: 0.001, microBatchTokens: 8 },
    { checkpointMillis: -1 },
  ])("%j", async (options) => {
    const expected = await inOneGo
    await run(
      Effect.gen(function* () {
        const events = yield* train(whole)
        expect(losses(events)).toEqual(expected.losses)
        expect(only(events, "Evaluated")).toEqual(expected.evaluated)
        expect(yield* lastHash(whole)).toBe(expected.hash)
      }),
      options,
    )
  })

  it("as one of four lanes of other rates, seeds, data, decays and base widths", async () => {
    const expected = await inOneGo
    const others = [
      assign({ eta: 0.5 }, reading),
      assign({ seed: 2, data: { ...whole.spec.data, seed: 7 } }, { ...reading, until: 320, evaluateAt: [320] }),
      assign(
        {
          parametrisation: { kind: "standard" },
          optimizer: { kind: "adamw", decay: "coupled-to-lr", weightDecay: 1, betas: [0.5, 0.9] },
        },
        reading,
      ),
    ] as const
    await run(
      Effect.gen(function* () {
        const events = yield* train(others[0], others[1], whole, others[2])
        expect(losses(events, whole)).toEqual(expected.losses)
        expect(only(events, "Evaluated", whole)).toEqual(expected.evaluated)
        expect(yield* lastHash(whole)).toBe(expected.hash)
        expect(only(events, "Finished", others[1])).toMatchObject([{ tokens: 320, step: 10 }])
        for (const other of [others[0], others[2]]) {
          expect(only(events, "Finished", other)).toMatchObject([{ tokens: 640, step: 20 }])
          expect(losses(events, other)).not.toEqual(expected.losses)
        }
      }),
    )
  })

  it("extended twice from shorter horizons", async () => {
    const expected = await inOneGo
    await run(
      Effect.gen(function* () {
        const seen: Array<unknown> = []
        for (const until of [100, 320, 640]) {
          const part = assign({}, { ...reading, until, evaluateAt: until === 100 ? [] : [until] })
          const events = yield* train(part)
          seen.push(...losses(events))
          expect(only(events, "Started")).toMatchObject([{ tokens: until === 100 ? 0 : until === 320 ? 128 : 320 }])
        }
        expect(seen).toEqual(expected.losses)
        expect(yield* lastHash(whole)).toBe(expected.hash)
      }),
    )
  })

  it("starts anew for an average that its checkpoints do not hold", async () => {
    await run(
      Effect.gen(function* () {
        yield* train(assign({}, { until: 320 }))
        const events = yield* train(whole)
        expect(only(events, "Started")).toMatchObject([{ tokens: 0 }])
        expect(only(events, "Evaluated")).toEqual((yield* Effect.promise(() => inOneGo)).evaluated)
      }),
    )
  })
})

describe("interrupted", () => {
  it("between any two events, at 20 random places in a row, in chunks that split steps", async () => {
    const expected = await inOneGo
    const draw = sequence(random(1, "interruptions"))
    await run(
      Effect.gen(function* () {
        const backend = yield* Backend
        const seen = new Map<number, number>()
        let starts = 0
        for (let round = 0; round < 20; round++) {
          const part = backend.train([{ ...whole, evaluateAt: [640] }]).pipe(Stream.take(1 + draw.below(4)))
          const events = yield* Stream.runCollect(part)
          starts += only(events, "Started")[0]!.tokens > 0 ? 1 : 0
          for (const [tokens, loss] of losses(events)) {
            // A step that is told twice is told the same.
            expect(seen.get(tokens) ?? loss).toBe(loss)
            seen.set(tokens, loss)
          }
        }
        expect(starts).toBeGreaterThan(5)
        for (const [tokens, loss] of losses(yield* train({ ...whole, evaluateAt: [640] }))) seen.set(tokens, loss)
        expect([...seen]).toEqual(expected.losses)
        expect(yield* lastHash(whole)).toBe(expected.hash)
      }),
      { chunkMillis: 0.001, microBatchTokens: 8 },
    )
  })

  it("by a fiber, in the middle of things", async () => {
    const expected = await inOneGo
    await run(
      Effect.gen(function* () {
        const backend = yield* Backend
        for (let round = 0; round < 6; round++) {
          const fiber = yield* Effect.forkChild(Stream.runDrain(backend.train([{ ...whole, evaluateAt: [640] }])))
          yield* Effect.sleep(5 + 7 * round)
          yield* Fiber.interrupt(fiber)
        }
        yield* train({ ...whole, evaluateAt: [640] })
        expect(yield* lastHash(whole)).toBe(expected.hash)
      }),
      { chunkMillis: 0.001, microBatchTokens: 8 },
    )
  })
})

describe("branches", () => {
  const trunk = assign({}, { checkpointAt: [320], averages: [0.9], logEvery: 32 })
  const origin = { parent: "", at: 320 }
  it("go on as the trunk did when they change nothing, averages included, and differ when they change the batch", async () => {
    await run(
      Effect.gen(function* () {
        const straight = yield* train({ ...trunk, evaluateAt: [640] })
        const parent = only(straight, "Started")[0]!.runId
        const same = assign({ origin: { ...origin, parent } }, { averages: [0.9], evaluateAt: [640], logEvery: 32 })
        const events = yield* train(same)
        expect(only(events, "Started")).toMatchObject([{ tokens: 320 }])
        const readings = (found: typeof events) =>
          only(found, "Evaluated").map(({ average, loss, step }) => [average, loss, step])
        expect(readings(events)).toEqual(readings(straight))
        expect(losses(events)).toEqual(losses(straight).slice(10))

        const larger = assign(
          { origin: { ...origin, parent }, batch: { kind: "constant", tokens: 64 } },
          { averages: [0.9], evaluateAt: [600], until: 600, logEvery: 1 },
        )
        const found = yield* train(larger)
        // Steps of 64 from 320 on: 600 lies in the fifth.
        expect(losses(found).map(([tokens]) => tokens)).toEqual([384, 448, 512, 576, 640])
        expect(only(found, "Finished")).toMatchObject([{ tokens: 640, step: 15 }])
      }),
    )
  })
})
