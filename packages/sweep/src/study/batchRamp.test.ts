import { assert, describe, it } from "@effect/vitest"
import { isEstimate, type Law, notIdentified, type PowerLaw, powerLaw } from "@ts/fit"
import { nextBatch } from "@ts/schedule"
import { Store, Study } from "@ts/sweep"
import { Effect } from "effect"
import { kept, sweepOn } from "../../test/harness.ts"
import { withFields } from "../../test/study.ts"
import { batchRamp } from "./batchRamp.ts"

/** B = 3 T^0.4 at three horizons, without noise. */
const exact: PowerLaw = powerLaw(
  [2 ** 12, 2 ** 14, 2 ** 16].map((tokens) => ({
    tokens,
    y: {
      _tag: "Estimate",
      value: 3 * tokens ** 0.4,
      scale: "log",
      standardError: 0.01,
      interval: undefined,
      n: 1,
      notes: [],
    },
  })),
  { level: 0.9, name: "B_crit" },
)
const open = notIdentified("peak-above", "No batch is beyond the peak.", 3)
const unknown: PowerLaw = { ...exact, prefactor: open, exponent: open, covariance: undefined }
const lawOf = (peakBatch: PowerLaw, overheadBatch: PowerLaw) =>
  ({ powerLaws: { peakBatch, overheadBatch } }) as unknown as Pick<Law, "powerLaws">
const bounds = { min: 32, max: 256, multiple: 16 }

describe("a ramp of the batch", () => {
  it("is a share of the fitted batch at the tokens consumed, within its bounds", () => {
    assert.isTrue(isEstimate(exact.exponent))
    const ramp = batchRamp(lawOf(exact, unknown), { follows: "peak", share: 0.5, ...bounds })
    if (ramp._tag !== "BatchRamp") throw new Error(ramp.message)
    for (const consumed of [0, 100, 2 ** 10, 2 ** 12, 2 ** 15, 2 ** 20]) {
      const wanted = Math.min(256, Math.max(32, 0.5 * 3 * consumed ** 0.4))
      assert.strictEqual(nextBatch(ramp.schedule, consumed), Math.round(wanted / 16) * 16)
    }
    assert.match(ramp.notes[0], /4096 to 65536 tokens/)
  })

  it("of what is not identified is the reason why, and no number", () => {
    assert.strictEqual(batchRamp(lawOf(exact, unknown), { follows: "overhead", ...bounds }), open)
    assert.strictEqual(batchRamp(lawOf(unknown, exact), { follows: "peak", ...bounds }), open)
    const halfKnown = { ...exact, exponent: open }
    assert.strictEqual(batchRamp(lawOf(halfKnown, exact), { follows: "peak", ...bounds }), open)
  })

  it("refuses bounds that contradict themselves", () => {
    const ramp = (options: object) => () => batchRamp(lawOf(exact, exact), { follows: "peak", ...bounds, ...options })
    assert.throws(ramp({ min: 40 }), /min/)
    assert.throws(ramp({ max: 16 }), /max/)
    assert.throws(ramp({ share: 0 }), /share/)
    assert.throws(ramp({ follows: "bell" }), /follows/)
  })

  it.effect("runs beside constant batches, and its rows are kept apart", () =>
    Effect.gen(function* () {
      const ramp = batchRamp(lawOf(exact, unknown), { follows: "peak", share: 2, ...bounds })
      if (ramp._tag !== "BatchRamp") throw new Error(ramp.message)
      const study = withFields({
        seeds: 1,
        eta: 0.01,
        averages: [0.9],
        parts: [{ batch: [64, 128] }, { batch: ramp.schedule }],
      })
      assert.deepStrictEqual(Study.make(JSON.parse(JSON.stringify(study))), study)
      const { summary } = yield* sweepOn({}, study)
      assert.strictEqual(summary.finished, 3)
      const rows = yield* Store.rows(study)
      const averages = new Set(rows.map(({ average }) => average))
      const marks = [...averages].filter((average) => average.startsWith("ramp:"))
      assert.strictEqual(averages.size, 4)
      assert.match(marks.join(" "), /^ramp:[0-9a-f]{8} ramp:[0-9a-f]{8}\+ewa:0\.9$/)
      const [last] = rows.filter(({ average, tokens }) => average === marks[0] && tokens === 2048)
      // 2 * 3 * 2000^0.4 = 125 tokens, in sequences of 16: a batch that is there from the start, too.
      assert.strictEqual(last.batch, 128)
    }).pipe(Effect.provide(kept)),
  )
})
