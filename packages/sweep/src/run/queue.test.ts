import { assert, describe, it } from "@effect/vitest"
import { makespan } from "../plan/cost.ts"
import { endStage, type Lane } from "./lane.ts"
import { makeQueue } from "./queue.ts"

const batch = { kind: "constant", tokens: 1 }
let made = 0
const lane = (shape: number, stops: ReadonlyArray<number> = [8], parent?: Lane, at = 0): Lane => {
  const origin = parent === undefined ? {} : { origin: { parent: parent.run.runId, at } }
  const last = stops[stops.length - 1]
  const work = { from: at, tokens: last, assignment: { evaluateAt: stops } }
  const lane = {
    ...{
      shape,
      stops,
      goal: stops[0],
      status: "waiting",
      tokens: at,
      index: made++,
      depth: parent === undefined ? 0 : 1,
    },
    ...{ children: [], rejected: new Set(), run: { runId: `r${made}`, flops: last, work, spec: { batch, ...origin } } },
    ...(parent === undefined ? {} : { parent }),
  } as unknown as Lane
  parent?.children.push(lane)
  return lane
}
const many = (count: number, shape: number) => Array.from({ length: count }, () => lane(shape))
const line = (lanes: ReadonlyArray<Lane>, concurrency: number, maxLanes: number) => {
  const queue = makeQueue(concurrency, maxLanes)
  for (const one of lanes) queue.add(one)
  return queue
}
const reach = (one: Lane) => {
  one.goal = one.stops[0]!
  endStage(one)
}

describe("bundles", () => {
  it("fill free workers before lanes", () => {
    assert.strictEqual(line(many(4, 0), 4, 8).take().length, 1)
    assert.strictEqual(line(many(5, 0), 4, 8).take().length, 2)
    assert.strictEqual(line(many(100, 0), 4, 8).take().length, 8)
    assert.strictEqual(line(many(100, 0), 4, 1).take().length, 1)
  })

  it("hold runs of equal shape only, each once, first come first", () => {
    const lanes = [lane(1), ...many(3, 0), ...many(2, 1)]
    const queue = line(lanes, 1, 8)
    assert.deepStrictEqual(queue.take(), [lanes[0], lanes[4], lanes[5]])
    assert.deepStrictEqual(queue.take(), lanes.slice(1, 4))
    assert.deepStrictEqual(queue.take(), [])
  })
})

describe("lines", () => {
  it("put all runs at the first horizon before any goes on, and the longest of them first", () => {
    const lanes = [lane(0, [8, 64]), lane(1, [4, 64]), lane(2, [8, 32])]
    const queue = line(lanes, 1, 1)
    const seen: Array<readonly [number, number]> = []
    for (let [one] = queue.take(); one !== undefined; [one] = queue.take()) {
      seen.push([one.shape, one.stops[0]!])
      reach(one)
      queue.add(one)
    }
    assert.deepStrictEqual(seen, [
      [1, 4],
      [0, 8],
      [2, 8],
      [2, 32],
      [1, 64],
      [0, 64],
    ])
  })

  it("let a branch start once its parent is past it, while the parent has still to go on", () => {
    const parent = lane(0, [8, 64])
    const [early, late] = [lane(1, [16], parent, 8), lane(1, [64], parent, 32)]
    const queue = line([parent, early, late], 1, 1)
    assert.deepStrictEqual(queue.take(), [parent])
    assert.deepStrictEqual(queue.take(), [])
    reach(parent)
    assert.deepStrictEqual(queue.release(parent), [])
    queue.add(parent)
    assert.deepStrictEqual(queue.take(), [early])
    assert.deepStrictEqual(queue.take(), [parent])
    parent.status = "diverged"
    const [[lost, why]] = queue.release(parent)
    assert.strictEqual(lost, late)
    assert.match(why, /its parent r\d+ diverged at 8 tokens, before the branch at 32/)
  })
})

describe("makespan", () => {
  it("of jobs on workers that take the next as they become free", () => {
    assert.strictEqual(makespan([], 2), 0)
    assert.strictEqual(makespan([3, 2, 2], 1), 7)
    assert.strictEqual(makespan([3, 3, 2, 2, 2], 2), 7)
    assert.strictEqual(makespan([5, 1, 1], 8), 5)
  })
})
