import { assert, describe, it } from "@effect/vitest"
import { runId } from "@ts/backend"
import { Store, Study, Sweep } from "@ts/sweep"
import { Effect, Stream } from "effect"
import { kept, on, series, sweepOn } from "./harness.ts"
import { withFields } from "./study.ts"

const trunk = { batch: 64, eta: 0.01, seeds: 1, horizon: [1024, 2048] } as const
const expand = (study: Study) => Effect.runSync(Study.expand(study))
const limbs = (study: Study) => expand(study).runs.filter(({ spec }) => spec.origin !== undefined)

describe("decayed readings", () => {
  const decayed = withFields({ ...trunk, decays: [{ share: 0.2 }] })

  it("hang on the trunk where the decay begins, and are the tails of runs of that schedule", () => {
    const { runs, notes } = expand(decayed)
    assert.deepStrictEqual(notes, [])
    const [{ runId: parent, horizons, probes }] = runs
    assert.deepStrictEqual([horizons, probes], [[1024, 2048], undefined])
    assert.deepStrictEqual(
      limbs(decayed).map(({ spec, horizons, averages }) => [spec.schedule, spec.origin, horizons, averages]),
      [
        // The last step boundaries of 64 before 0.8 T = 819 and 1638.
        [wsd(819, 1024), { parent, at: 768 }, [1024], []],
        [wsd(1638, 2048), { parent, at: 1600 }, [2048], []],
      ],
    )
  })

  it("may vary in share and shape, by lists and rules", () => {
    const varied = withFields({ ...trunk, decays: [{ share: [0.1, 0.2], shape: "1-sqrt" }, { share: 0.5 }] })
    const starts = limbs(varied).map(({ spec }) => "decayStart" in spec.schedule && spec.schedule.decayStart)
    assert.deepStrictEqual(
      starts.sort((a, b) => Number(a) - Number(b)),
      [512, 819, 922, 1024, 1638, 1843],
    )
    assert.strictEqual(expand(varied).runs.length, 7)
  })

  it("leave out what would begin in the warmup, what has too few steps, and schedules that end by themselves", () => {
    const early = withFields({ ...trunk, decays: [{ share: 0.95 }] })
    assert.deepStrictEqual(expand(early).notes, [
      "the decay over 0.95 of 1024 tokens is left out: it would begin at 51, before warmup ends at 128",
      "the decay over 0.95 of 2048 tokens is left out: it would begin at 102, before warmup ends at 128",
    ])
    const short = withFields({ ...trunk, batch: 512, decays: [{ share: 0.2 }] })
    assert.deepStrictEqual(expand(short).notes, [
      "the decay over 0.2 of 1024 tokens is left out: at batch 512 there are too few steps",
      "the decay over 0.2 of 2048 tokens is left out: at batch 512 there are too few steps",
    ])
    const cosine = withFields({ ...trunk, schedule: { kind: "cosine", warmup: 128 }, decays: [{ share: 0.2 }] })
    assert.deepStrictEqual(expand(cosine).notes, [
      "decays are left out of cosine schedules: they start from a constant rate",
    ])
    assert.strictEqual(expand(cosine).runs.length, 2)
  })

  it("are plain JSON, and survive as the runs of functions", () => {
    const again = Study.make(JSON.parse(JSON.stringify(decayed)))
    assert.deepStrictEqual(expand(again), expand(decayed))
    const asFunction = withFields({ ...trunk, eta: () => 0.01, decays: [{ share: 0.2 }], branches: doubled })
    const asValue = withFields({ ...trunk, decays: [{ share: 0.2 }], branches: doubled })
    const sorted = (study: Study) => expand(study).runs.toSorted((a, b) => (a.runId < b.runId ? -1 : 1))
    assert.deepStrictEqual(sorted(Study.make(JSON.parse(JSON.stringify(asFunction)))), sorted(asValue))
  })

  it.effect("are trained from the trunk's checkpoints, once, and have rows of their own", () =>
    Effect.gen(function* () {
      const { plan, seen, summary } = yield* sweepOn({}, decayed)
      // The trunk to 2048, and 256 and 448 tokens of decay.
      assert.strictEqual(plan.cost.tokens, 2048 + 256 + 448)
      assert.strictEqual(seen.tokens, 2048 + 256 + 448)
      // The trunk's last, two that wait for the decays, and as many as two workers have under way.
      assert.strictEqual(plan.cost.checkpointBytes, (1 + 2 + 2) * 4 * 3 * 14816)
      assert.deepInclude(summary, { finished: 3, failed: [] })
      assert.strictEqual((yield* sweepOn({}, decayed)).plan.runs.length, 0)
      const rows = yield* Store.rows(decayed)
      assert.deepStrictEqual(
        rows.map(({ average, tokens, batch, warmupSteps, status }) => [average, tokens, batch, warmupSteps, status]),
        [
          ["none", 1024, 64, 2, "finished"],
          ["none", 2048, 64, 2, "finished"],
          ["decayed:0.2:linear", 1024, 64, 2, "finished"],
          ["decayed:0.2:linear", 2048, 64, 2, "finished"],
        ],
      )
      assert.deepStrictEqual(yield* series(), yield* series(decayed))
      const longer = yield* sweepOn({}, withFields({ ...decayed, horizon: [1024, 2048, 4096] }))
      assert.strictEqual(longer.seen.tokens, 2048 + (4096 - 3264))
    }).pipe(Effect.provide(kept)),
  )

  it.effect("of a trunk that diverged before have diverged with it, and are not tried again", () =>
    Effect.gen(function* () {
      const study = withFields({ ...trunk, eta: 4, decays: [{ share: 0.2 }] })
      const { plan, seen, summary } = yield* sweepOn({ divergesAt: 1024 }, study)
      assert.strictEqual(plan.runs.length, 3)
      assert.deepInclude(summary, { finished: 1, diverged: 2, failed: [] })
      const ends = (yield* Store.rows(study)).map(({ average, tokens, status }) => `${average} ${tokens} ${status}`)
      assert.deepStrictEqual(ends, [
        "none 1024 finished",
        "none 2048 diverged",
        "decayed:0.2:linear 1024 finished",
        "decayed:0.2:linear 2048 diverged",
      ])
      assert.strictEqual(seen.tokens, 1024 + 256)
      const again = yield* sweepOn({ divergesAt: 1024 }, study)
      assert.strictEqual(again.plan.runs.length, 0)
      const { counts } = yield* on({}, Sweep.status(study))
      assert.deepInclude(counts, { complete: 1, diverged: 2, failed: 0, waiting: 0 })
    }).pipe(Effect.provide(kept)),
  )
})

const wsd = (decayStart: number, horizon: number) =>
  ({ kind: "warmup_stable_decay", warmup: 128, decayStart, horizon, shape: "linear", minRatio: 0 }) as const

const doubled = { at: [512], factors: [1, 2, 4], for: 256, readings: 2 }

describe("branches with other batches", () => {
  const branched = withFields({ ...trunk, branches: doubled })

  it("leave the trunk with rates by the square root of the batch; the trunk is the one with its own", () => {
    const { runs, notes } = expand(branched)
    assert.deepStrictEqual(notes, [])
    assert.deepInclude(runs[0], { horizons: [640, 768, 1024, 2048], probes: [640, 768] })
    assert.deepStrictEqual(
      limbs(branched).map(({ spec, horizons, probes }) => [spec.batch, spec.eta, spec.origin?.at, horizons, probes]),
      [
        [{ kind: "constant", tokens: 128 }, 0.01 * Math.SQRT2, 512, [640, 768], [640, 768]],
        // Both positions lie in its one step.
        [{ kind: "constant", tokens: 256 }, 0.02, 512, [640], [640]],
      ],
    )
    assert.isTrue(runs.every((run) => run.runId === runId(run.spec)))
    const etas = (eta: "linear" | "same") =>
      limbs(withFields({ ...trunk, branches: { ...doubled, eta } })).map(({ spec }) => spec.eta)
    assert.deepStrictEqual(etas("linear"), [0.02, 0.04])
    assert.deepStrictEqual(etas("same"), [0.01, 0.01])
    const sgd = withFields({ ...trunk, optimizer: { kind: "sgd", decay: "independent" }, branches: doubled })
    assert.deepStrictEqual(
      limbs(sgd).map(({ spec }) => spec.eta),
      [0.02, 0.04],
    )
  })

  it("take batches in tokens, lists and rules", () => {
    const tokens = withFields({ ...trunk, branches: { at: [512], batches: [128], for: [256, 512], readings: 1 } })
    assert.deepStrictEqual(
      limbs(tokens).map(({ horizons }) => horizons),
      [[768, 1024]],
    )
    const at = { power: { of: "batch", coefficient: 8, exponent: 1 } }
    const rule = withFields({ ...trunk, batch: [32, 64], branches: { ...doubled, at: [at] } })
    assert.deepStrictEqual([...new Set(limbs(rule).map(({ spec }) => spec.origin?.at))], [256, 512])
  })

  it("leave out what lies in the warmup, beyond the schedule, or is too short, and say where they leave", () => {
    const notes = (branches: object, fields = {}) =>
      expand(withFields({ ...trunk, ...fields, branches } as never)).notes
    assert.deepStrictEqual(notes({ ...doubled, at: [64, 500] }), [
      "the branches at 64 tokens are left out: warmup ends at 128",
      "the branches at 500 tokens leave at 512, where a step of 64 ends",
    ])
    const linear = { schedule: { kind: "linear", warmup: 128 }, horizon: 640 }
    assert.deepStrictEqual(notes(doubled, linear), [
      "the branches at 512 tokens are left out: the schedule ends at 640, before they do at 768",
    ])
    assert.deepStrictEqual(notes({ ...doubled, factors: [2, 8] }), [
      "the branch with batch 512 is left out: its 256 tokens are less than one step",
    ])
  })

  it("are refused where they make no sense", () => {
    const said = (branches: object) => {
      try {
        withFields({ ...trunk, branches } as never)
      } catch (error) {
        return (error as Error).message
      }
      throw new Error("accepted")
    }
    assert.strictEqual(
      said({ at: [512], for: 256 }),
      "branches: give either `factors`, multiples of the trunk's batch, or `batches` in tokens",
    )
    assert.strictEqual(
      said({ ...doubled, factors: [1.1] }),
      "branches.factors: a batch of 70.4 tokens is no whole number of sequences of 16; use another, or other batches",
    )
    assert.strictEqual(said({ ...doubled, at: [] }), "branches.at: the list is empty; give at least one value")
    assert.match(said({ ...doubled, eta: "cube" }), /^branches.eta: .*not "cube"/)
    assert.match(said({ ...doubled, factor: 2 }), /^branches.factor: /)
  })

  it.effect("are read with their trunk, and enter no profile", () =>
    Effect.gen(function* () {
      const plain = yield* Effect.provide(Effect.andThen(sweepOn({}, withFields(trunk)), series()), kept, {
        local: true,
      })
      const { seen, plan } = yield* sweepOn({}, branched)
      assert.strictEqual(seen.tokens, 2048 + 256 + 256)
      assert.strictEqual(plan.cost.tokens, seen.tokens)
      assert.deepStrictEqual(yield* series(branched), plain)
      assert.deepStrictEqual(yield* series(), plain)
      const [recovery, ...others] = yield* Store.recoveries(branched)
      assert.deepStrictEqual(others, [])
      assert.deepInclude(recovery, { batch: 64, eta: 0.01, at: 512, within: 128, width: 32 })
      assert.deepStrictEqual(
        recovery.branches.map(({ factor, eta, readings }) => [factor, eta, readings.map(({ tokens }) => tokens)]),
        [
          [1, 0.01, [128, 256]],
          [2, 0.01 * Math.SQRT2, [128, 256]],
          [4, 0.02, [256]],
        ],
      )
    }).pipe(Effect.provide(kept)),
  )
})

describe("a tree that is interrupted", () => {
  const tree = withFields({ ...trunk, batch: [32, 64], decays: [{ share: 0.2 }], branches: doubled })
  const found = Effect.all([series(tree), Store.recoveries(tree)])

  it.effect("after any number of events goes on from its checkpoints, to the same numbers", () =>
    Effect.gen(function* () {
      const direct = yield* Effect.provide(Effect.andThen(sweepOn({}, tree), found), kept, { local: true })
      assert.deepStrictEqual([direct[0].length, direct[1].length], [2 * 2 * 2, 2])
      for (const events of [1, 5, 9, 14, 22, 31]) {
        const pieces = Effect.gen(function* () {
          let sweeps = 0
          for (;;) {
            const plan = yield* Sweep.plan(tree)
            if (plan.runs.length === 0) return sweeps
            // More each time, or it would never get anywhere.
            yield* Stream.runDrain(Stream.take(Sweep.run(plan), events * ++sweeps))
          }
        })
        const [sweeps, rows] = yield* Effect.provide(Effect.all([on({ checkpointEvery: 128 }, pieces), found]), kept, {
          local: true,
        })
        assert.isAbove(sweeps, 1)
        assert.deepStrictEqual(rows, direct)
      }
    }),
  )
})

describe("what a backend cannot do", () => {
  it.effect("is told by the field of the study", () =>
    Effect.gen(function* () {
      for (const lack of [{ branching: false }, { checkpoints: false }]) {
        const said = (fields: object) =>
          Effect.map(
            Effect.flip(on({ capabilities: lack }, Sweep.plan(withFields({ ...trunk, ...fields } as never)))),
            ({ message }) => message,
          )
        assert.strictEqual(
          yield* said({ decays: [{ share: 0.2 }] }),
          "decays: chain cannot branch from another run; leave decays and branches out (2 runs)",
        )
        assert.strictEqual(
          yield* said({ branches: doubled }),
          "branches: chain cannot branch from another run; leave decays and branches out (2 runs)",
        )
      }
    }).pipe(Effect.provide(kept)),
  )
})
