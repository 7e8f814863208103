/** Random runs, in one go and cut at random: into extensions, chunks, micro-batches, bundles and interruptions. */
import { Backend, type RunEvent, type RunSpecInput, runId } from "@ts/backend"
import { random, sequence } from "@ts/random"
import { Effect, Fiber, Stream } from "effect"
import { expect, it } from "vitest"
import { assign, checkpoints, run, train } from "./study.ts"

const draw = sequence(random(Number(process.env["CUT_SEED"] ?? 1), "any cut"))
const pick = <T>(values: ReadonlyArray<T>): T => values[draw.below(values.length)]!

const randomRun = (): Partial<RunSpecInput> => ({
  batch: pick<RunSpecInput["batch"]>([
    { kind: "constant", tokens: pick([8, 24, 200, 1000]) },
    {
      kind: "steps",
      pieces: [
        { from: 0, tokens: 16 },
        { from: 100, tokens: 40 },
        { from: 333, tokens: 128 },
      ],
    },
    { kind: "power", coefficient: 2, exponent: 0.6, min: 8, max: 160, multiple: 8 },
  ]),
  optimizer: pick<RunSpecInput["optimizer"]>([
    { kind: "adamw", decay: "coupled-to-lr", weightDecay: 0.1 },
    { kind: "sgd", momentum: 0.9, decay: "independent" },
    { kind: "signum", momentum: 0.5, decay: "coupled-to-lr", weightDecay: 0.1, clip: null },
  ]),
  schedule: pick<RunSpecInput["schedule"]>([
    { kind: "constant" },
    { kind: "cosine", warmup: 50, horizon: 700 },
    { kind: "linear", warmup: 0, horizon: 650 },
    { kind: "power", warmup: 30, knee: 100, exponent: -0.5 },
  ]),
  eta: pick([0.001, 0.02, 0.5, 40]),
})

it.each(Array.from({ length: 20 }, (_, i) => i))("run %i", async () => {
  const change = randomRun()
  const averages = pick<ReadonlyArray<number>>([[], [0.9], [0.99, 0.5], [0]])
  const until = 1 + draw.below(600)
  const horizons = [...new Set([1 + draw.below(until), 1 + draw.below(until), until])].sort((a, b) => a - b)
  const probes = draw.below(3) === 0 ? { noiseScale: { small: 8, big: 40, samples: 1 } } : {}
  const whole = assign(change, { until, evaluateAt: horizons, averages, ...probes })
  const other = { ...change, seed: 9, eta: 0.01, data: { ...whole.spec.data, seed: 5 } }

  const readings = (events: ReadonlyArray<RunEvent>) =>
    events
      .filter(({ _tag, runId: id }) => /Evaluated|NoiseScale|Diverged/.test(_tag) && id === runId(whole.spec))
      .map((event) => JSON.stringify(event))
  const last = Effect.map(checkpoints(whole), (found) => found.at(-1))
  const straight = await run(
    Effect.gen(function* () {
      return { readings: readings(yield* train(whole)), last: yield* last }
    }),
  )
  const diverged = straight.readings.some((reading) => reading.includes("Diverged"))

  const options = {
    chunkMillis: pick([0.001, 0.5, 250]),
    microBatchTokens: pick([8, 24, 4096]),
    checkpointMillis: pick([-1, 5, 20_000]),
  }
  await run(
    Effect.gen(function* () {
      const { train: stream } = yield* Backend
      const seen = new Set<string>()
      const note = (events: ReadonlyArray<RunEvent>) => readings(events).forEach((reading) => void seen.add(reading))
      for (const horizon of horizons) {
        const part = { ...whole, until: horizon, evaluateAt: [horizon] }
        const beside = assign(other, { until: 1 + draw.below(600), averages })
        note(yield* Stream.runCollect(Stream.take(stream([part]), 1 + draw.below(6))))
        const fiber = yield* Effect.forkChild(Stream.runDrain(stream([part, beside])))
        yield* Effect.sleep(draw.below(10))
        yield* Fiber.interrupt(fiber)
        note(yield* draw.below(2) === 0 ? train(part) : train(beside, part))
        if ([...seen].some((reading) => reading.includes("Diverged"))) break
      }
      expect([...seen]).toEqual(straight.readings)
      if (!diverged) expect(yield* last).toEqual(straight.last)
    }),
    options,
  )
})
