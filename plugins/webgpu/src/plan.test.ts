import { expect, it } from "vitest"
import { model } from "../../cpu/test/model.ts"
import { makePlan } from "./plan.ts"

const limits = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 }
const shape = { vocabulary: 29, sequenceLength: 16, width: 24, heads: 2, layers: 1 } as const

/** Texts of all kernels. */
const texts = (lanes: number, microBatch: number, change: Partial<Parameters<typeof model>[0]> = {}) => {
  const training = model({ ...shape, averages: ["a"], ...change })
  const options = {
    lanes,
    microBatch,
    keep: [],
    blockSequences: 16,
    kernels: "independent",
    half: false,
    limits,
  } as const
  const { averaged, ...programs } = makePlan({ training, ...options }).programs
  return new Set([...Object.values(programs).flat(), ...[...averaged.values()].flat()].map(({ code }) => code))
}

const fresh = (some: ReadonlySet<string>, known: ReadonlySet<string>) => [...some].filter((text) => !known.has(text))

it("software adapters compile nothing anew for other lanes or micro-batches, and little for other sizes", () => {
  const known = texts(2, 4)
  expect(known.size).toBeGreaterThan(30)
  expect(fresh(texts(8, 64), known)).toEqual([])
  // Sizes that happen to be equal are one size of a text.
  expect(fresh(texts(2, 4, { vocabulary: 4096, layers: 3 }), known).length).toBeLessThan(8)
})
