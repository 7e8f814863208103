/** Extension, interruption, branches: the same numbers as in one go. */
import { Backend, type Capabilities, CheckpointStore, runId } from "@ts/backend"
import { Effect, Stream } from "effect"
import { expect } from "vitest"
import type { Case } from "../backendCase.ts"
import { eventsOf, type FixtureStudy, readings, startOf, train } from "../backendFixture.ts"

const checkpoints = (c: Capabilities) =>
  !c.checkpoints
    ? "the manifest says no checkpoints"
    : c.deterministic
      ? undefined
      : "the manifest says the backend is not deterministic"

/** Forgets all checkpoints of a run, so that the next go starts from nothing. */
const forget = (assignment: ReturnType<FixtureStudy["assignment"]>) =>
  Effect.gen(function* () {
    const store = yield* CheckpointStore
    const numericsId = (yield* Backend).capabilities.numerics[assignment.spec.precision]!
    for (const ref of yield* store.list(runId(assignment.spec), numericsId)) yield* store.remove(ref)
  })

export const resumeCases = (study: FixtureStudy): ReadonlyArray<Case> => [
  {
    name: "extends a run to a longer horizon, training the difference only",
    skip: checkpoints,
    run: Effect.gen(function* () {
      const whole = study.assignment()
      const expected = readings(yield* train(whole), whole)
      yield* forget(whole)
      const first = study.assignment({}, { until: 1000, evaluateAt: [512, 1000] })
      const second = study.assignment({}, { evaluateAt: [2048] })
      const before = readings(yield* train(first), first)
      const events = yield* train(second)
      expect(startOf(events, second)).toBe(1024)
      expect([...before, ...readings(events, second)]).toEqual(expected)
    }),
  },
  {
    name: "resumes an interrupted run with the same numbers",
    skip: checkpoints,
    run: Effect.gen(function* () {
      const backend = yield* Backend
      const assignment = study.assignment({}, { logEvery: 64 })
      const expected = readings(yield* train(assignment), assignment)
      for (const taken of [1, 2, 5, 9, 17]) {
        yield* forget(assignment)
        const before = yield* backend.train([assignment]).pipe(Stream.take(taken), Stream.runCollect)
        const missing = assignment.evaluateAt.filter(
          (tokens) => !before.some((event) => event._tag === "Evaluated" && event.requested === tokens),
        )
        const rest = missing.length === 0 ? [] : yield* train({ ...assignment, evaluateAt: missing })
        expect([...readings(before, assignment), ...readings(rest, assignment)]).toEqual(expected)
      }
    }),
  },
  {
    name: "keeps the checkpoints asked for, and starts from one it is given",
    skip: checkpoints,
    run: Effect.gen(function* () {
      const assignment = study.assignment({}, { checkpointAt: [600] })
      const events = yield* train(assignment)
      const made = eventsOf(events, assignment).flatMap((e) => (e._tag === "Checkpointed" ? [e.checkpoint] : []))
      const asked = made.find((ref) => ref.tokens === 640)!
      expect(asked).toMatchObject({ runId: runId(assignment.spec), step: 10 })
      const resumed = { ...study.assignment({}, { evaluateAt: [1000, 2048] }), resume: asked }
      const again = yield* train(resumed)
      expect(startOf(again, resumed)).toBe(640)
      expect(readings(again, resumed)).toEqual(readings(events, assignment).slice(1))
    }),
  },
  {
    name: "branches from a run's checkpoint",
    skip: (c) => checkpoints(c) ?? (c.branching ? undefined : "the manifest says no branches"),
    run: Effect.gen(function* () {
      const trunk = study.assignment({}, { checkpointAt: [1024] })
      const straight = readings(yield* train(trunk), trunk)
      const origin = { parent: runId(trunk.spec), at: 1024 }
      const same = study.assignment({ origin }, { evaluateAt: [2048] })
      const events = yield* train(same)
      expect(startOf(events, same)).toBe(1024)
      // A branch that changes nothing goes on as its trunk did.
      expect(readings(events, same)).toEqual(straight.slice(-1))
      const decayed = study.assignment(
        {
          origin,
          schedule: { kind: "warmup_stable_decay", warmup: 128, decayStart: 1024, horizon: 2048 },
        },
        { evaluateAt: [2048] },
      )
      expect(readings(yield* train(decayed), decayed)).not.toEqual(straight.slice(-1))
    }),
  },
]
