/** Readings: where they are taken, and that asking for more changes nothing. */
import { averageName, Backend } from "@ts/backend"
import { Effect } from "effect"
import { expect } from "vitest"
import type { Case } from "../backendCase.ts"
import { eventsOf, type FixtureStudy, readings, train } from "../backendFixture.ts"

export const readingCases = (study: FixtureStudy): ReadonlyArray<Case> => [
  {
    name: "reads at the first step boundary at or after the tokens asked for, once each",
    run: Effect.gen(function* () {
      const assignment = study.assignment()
      const read = eventsOf(yield* train(assignment), assignment).filter((event) => event._tag === "Evaluated")
      expect(read.map(({ requested, tokens, step, average }) => ({ requested, tokens, step, average }))).toEqual([
        { requested: 512, tokens: 512, step: 8, average: "none" },
        { requested: 1000, tokens: 1024, step: 16, average: "none" },
        { requested: 2048, tokens: 2048, step: 32, average: "none" },
      ])
      expect(new Set(read.map((event) => event.evaluation)).size).toBe(1)
      for (const { loss } of read) expect(loss).toBeGreaterThan(0)
    }),
  },
  {
    name: "gives the same number however many others are read",
    skip: (c) => (c.deterministic ? undefined : "the manifest says the backend is not deterministic"),
    run: Effect.gen(function* () {
      const { capabilities } = yield* Backend
      const all = study.assignment()
      const one = study.assignment({}, { evaluateAt: [2048] })
      const much = study.assignment(
        {},
        {
          evaluateAt: [64, 512, 640, 1000, 2048],
          logEvery: 64,
          averages: capabilities.averages ? [0.5, 0.9] : [],
          checkpointAt: capabilities.checkpoints ? [768] : [],
          ...(capabilities.noiseScale ? { noiseScale: { small: 16, big: 64, samples: 2 } } : {}),
        },
      )
      const expected = readings(yield* train(much), much).filter((line) => line.includes(" none:"))
      expect(readings(yield* train(one), one)).toEqual(expected.slice(-1))
      expect(readings(yield* train(all), all)).toEqual(expected.filter((line) => /^(512|1000|2048) /.test(line)))
    }),
  },
  {
    name: "reads weight averages beside the raw weights",
    skip: (c) => (c.averages ? undefined : "the manifest says no weight averages"),
    run: Effect.gen(function* () {
      const assignment = study.assignment({}, { evaluateAt: [64, 2048], averages: [0.5, 0.95] })
      const read = eventsOf(yield* train(assignment), assignment).filter((event) => event._tag === "Evaluated")
      const loss = (tokens: number, average: string) =>
        read.find((event) => event.requested === tokens && event.average === average)!.loss
      expect(read).toHaveLength(6)
      // After one step a bias-corrected average is the weights themselves, but for rounding.
      expect(loss(64, averageName(0.95))).toBeCloseTo(loss(64, "none"), 5)
      expect(loss(2048, averageName(0.95))).not.toBe(loss(2048, "none"))
    }),
  },
  {
    name: "measures gradient norms at two batch sizes, the larger batch having the smaller norm",
    skip: (c) => (c.noiseScale ? undefined : "the manifest says no noise scale"),
    run: Effect.gen(function* () {
      const assignment = study.assignment({}, { evaluateAt: [512], noiseScale: { small: 16, big: 256, samples: 4 } })
      const measured = eventsOf(yield* train(assignment), assignment).filter((e) => e._tag === "NoiseScaleMeasured")
      expect(measured).toHaveLength(1)
      expect(measured[0]!).toMatchObject({ requested: 512, small: 16, big: 256, samples: 4 })
      expect(measured[0]!.squaredNormSmall).toBeGreaterThan(measured[0]!.squaredNormBig)
    }),
  },
  {
    name: "logs the training loss at fixed places",
    run: Effect.gen(function* () {
      const assignment = study.assignment({}, { logEvery: 256 })
      const logged = eventsOf(yield* train(assignment), assignment).filter((event) => event._tag === "Stepped")
      if (logged.length > 0)
        expect(logged.map((event) => event.tokens)).toEqual([256, 512, 768, 1024, 1280, 1536, 1792, 2048])
    }),
  },
]
