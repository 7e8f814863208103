/** Manifest, events, and the same spec giving the same numbers. */
import { Backend, Capabilities, RunEvent, runId } from "@ts/backend"
import { Effect, Schema } from "effect"
import { expect } from "vitest"
import type { Case } from "../backendCase.ts"
import { eventsOf, type FixtureStudy, readings, train } from "../backendFixture.ts"

const last = ["Finished", "Diverged", "Failed"]

export const identityCases = (study: FixtureStudy): ReadonlyArray<Case> => [
  {
    name: "states its capabilities as plain data that does not change while it trains",
    run: Effect.gen(function* () {
      const { capabilities } = yield* Backend
      const before = JSON.stringify(capabilities)
      expect(Schema.decodeUnknownSync(Capabilities)(JSON.parse(before))).toEqual(capabilities)
      expect(Object.keys(capabilities.numerics).length).toBeGreaterThan(0)
      expect(capabilities.maxLanes).toBeGreaterThanOrEqual(1)
      expect(capabilities.concurrency).toBeGreaterThanOrEqual(1)
      yield* train(study.assignment())
      expect(JSON.stringify((yield* Backend).capabilities)).toBe(before)
    }),
  },
  {
    name: "tells each run's story in order, from Started to one last event, in valid documents",
    run: Effect.gen(function* () {
      const { capabilities } = yield* Backend
      const assignment = study.assignment()
      const events = yield* train(assignment)
      for (const event of events)
        expect(Schema.decodeUnknownSync(RunEvent)(JSON.parse(JSON.stringify(event)))).toEqual(event)
      const story = eventsOf(events, assignment)
      expect(story).toHaveLength(events.length)
      expect(story[0]).toMatchObject({
        _tag: "Started",
        runId: runId(assignment.spec),
        tokens: 0,
        numericsId: capabilities.numerics[assignment.spec.precision],
        synthetic: capabilities.synthetic,
      })
      expect(story.at(-1)).toMatchObject({ _tag: "Finished", tokens: 2048, step: 32 })
      expect(story.filter((event) => last.includes(event._tag))).toHaveLength(1)
      story.forEach((event, i) => {
        if (i > 0) expect(event.tokens).toBeGreaterThanOrEqual(story[i - 1]!.tokens)
      })
    }),
  },
  {
    name: "gives the same numbers for the same spec",
    skip: (c) => (c.deterministic ? undefined : "the manifest says the backend is not deterministic"),
    run: Effect.gen(function* () {
      const assignment = study.assignment()
      const first = readings(yield* train(assignment), assignment)
      expect(readings(yield* train(assignment), assignment)).toEqual(first)
      const other = study.assignment({ eta: 2 ** -6 })
      expect(readings(yield* train(other), other)).not.toEqual(first)
    }),
  },
  {
    name: "gives a bundle the numbers of its runs one by one",
    skip: (c) =>
      !c.deterministic
        ? "the manifest says the backend is not deterministic"
        : c.maxLanes < 2
          ? "the manifest says one lane"
          : undefined,
    run: Effect.gen(function* () {
      const lanes = [2 ** -9, 2 ** -8, 2 ** -7, 2 ** -6]
        .slice(0, (yield* Backend).capabilities.maxLanes)
        .map((eta) => study.assignment({ eta }))
      const together = yield* train(lanes[0]!, ...lanes.slice(1))
      for (const lane of lanes) expect(readings(together, lane)).toEqual(readings(yield* train(lane), lane))
    }),
  },
  {
    name: "lets a run that blows up leave the rest of its bundle alone",
    run: Effect.gen(function* () {
      const { capabilities } = yield* Backend
      const wild = study.assignment({ eta: 1e6 })
      const sane = study.assignment()
      const bundle =
        capabilities.maxLanes > 1 ? yield* train(wild, sane) : [...(yield* train(wild)), ...(yield* train(sane))]
      const ends = (a: typeof wild) => eventsOf(bundle, a).filter((event) => last.includes(event._tag))
      expect(ends(wild)).toHaveLength(1)
      expect(["Diverged", "Finished"]).toContain(ends(wild)[0]!._tag)
      expect(ends(sane)).toMatchObject([{ _tag: "Finished" }])
      expect(readings(bundle, sane)).toHaveLength(3)
    }),
  },
]
