import { assert, describe, it } from "@effect/vitest"
import { type RunSpec, runId } from "@ts/backend"
import { Study } from "@ts/sweep"
import { Effect } from "effect"
import { withFields } from "../../test/study.ts"
import { markedName, marksOf, unmarkedName } from "./marks.ts"

const [trunk, ...limbs] = Effect.runSync(
  Study.expand(
    withFields({
      batch: 64,
      eta: 0.01,
      seeds: 1,
      decays: [{ share: 0.2 }],
      branches: { at: [512], factors: [2], for: 256 },
    }),
  ),
).runs.map(({ spec }) => spec)
const byId = new Map([trunk, ...limbs].map((spec) => [runId(spec), spec]))
const marks = (spec: RunSpec) => marksOf(spec, (id) => byId.get(id))
const ramp = {
  kind: "steps",
  pieces: [
    { from: 0, tokens: 64 },
    { from: 512, tokens: 128 },
  ],
} as const

describe("marks", () => {
  it("tell decays, branches and ramps from trunks", () => {
    assert.deepStrictEqual(marks(trunk), [])
    assert.deepStrictEqual(limbs.map(marks), [["decayed:0.2:linear"], ["decayed:0.2:linear"], ["branch:512"]])
    assert.deepStrictEqual(marks({ ...trunk, batch: { kind: "steps", pieces: [{ from: 0, tokens: 64 }] } }), [])
    const [growing] = marks({ ...trunk, batch: ramp })
    assert.match(growing, /^ramp:[0-9a-f]{8}$/)
    const other = marks({ ...trunk, batch: { ...ramp, pieces: [ramp.pieces[0], { from: 512, tokens: 256 }] } })
    assert.notStrictEqual(other[0], growing)
  })

  it("of a branch hold those of its trunk", () => {
    const grown = { ...trunk, batch: ramp }
    byId.set(runId(grown), grown)
    const tail = { ...limbs[0], batch: ramp, origin: { ...limbs[0].origin!, parent: runId(grown) } }
    assert.deepStrictEqual(marks(tail), [...marks(grown), "decayed:0.2:linear"])
  })

  it("take a decay at another batch or rate, or one begun on the way, for a branch", () => {
    const [decayed] = limbs
    for (const change of [{ eta: 0.02 }, { batch: { kind: "constant", tokens: 128 } as const }]) {
      assert.deepStrictEqual(marks({ ...decayed, ...change }), ["branch:768"])
    }
    assert.deepStrictEqual(marks({ ...decayed, origin: { ...decayed.origin!, at: 896 } }), ["branch:896"])
  })

  it("stand before the average, and come off again", () => {
    for (const average of ["none", "ewa:0.99"]) {
      for (const some of [[], ["decayed:0.2:linear"], ["ramp:12345678", "branch:512"]]) {
        assert.strictEqual(unmarkedName(markedName(some, average)), average)
      }
    }
    assert.strictEqual(markedName(["ramp:12345678"], "ewa:0.9"), "ramp:12345678+ewa:0.9")
    assert.strictEqual(markedName([], "none"), "none")
  })
})
