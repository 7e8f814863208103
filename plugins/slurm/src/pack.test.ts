import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { pack } from "./pack.ts"

const options = { jobSeconds: 600, slots: 4, maxJobs: 1000 }

describe("pack", () => {
  it("gives each bundle a job of its own while there is room, or while each is long", () => {
    expect(pack([10, 10, 10], options)).toEqual([[0], [1], [2]])
    expect(pack(Array(20).fill(900), options)).toHaveLength(20)
  })

  it("puts short bundles together, as few as the rest of the room asks for", () => {
    const jobs = pack(Array(40).fill(30), options)
    expect(jobs).toHaveLength(4)
    expect(jobs.map(({ length }) => length)).toEqual([10, 10, 10, 10])
    expect(pack(Array(400).fill(30), options)).toHaveLength(20)
    expect(pack(Array(400).fill(30), { ...options, maxJobs: 7 })).toHaveLength(7)
  })

  it("loses none, doubles none, and loads jobs alike", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (seconds, slots) => {
          const jobs = pack(seconds, { ...options, slots })
          expect(jobs.flat().sort((a, b) => a - b)).toEqual(seconds.map((_, i) => i))
          expect(jobs.every(({ length }) => length > 0)).toBe(true)
          const loads = jobs.map((job) => job.reduce((sum, i) => sum + seconds[i]!, 0))
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(Math.max(...seconds))
        },
      ),
    )
  })
})
