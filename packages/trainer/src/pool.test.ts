import { fixtureStudy } from "@ts/backend-conformance"
import { type Device, type Executable, referenceDevice } from "@ts/program"
import { Effect } from "effect"
import { expect, it } from "vitest"
import { makePool } from "./pool.ts"
import { shapeOf } from "./run.ts"

/** A device that takes its executables along when it is lost. */
const losable = () => {
  const inner = referenceDevice()
  const compiled: Array<Executable> = []
  const disposed = new Set<Executable>()
  let losses = 0
  const device: Device = {
    info: inner.info,
    compile: async (training, options) => {
      const executable = await inner.compile(training, options)
      const born = losses
      const dispose = async () => {
        disposed.add(held)
        await executable.dispose()
      }
      const held: Executable = { ...executable, usable: () => born === losses && !disposed.has(held), dispose }
      compiled.push(held)
      return held
    },
  }
  return { device, compiled, disposed, lose: () => losses++ }
}

const shape = shapeOf(fixtureStudy().assignment())

it("keeps what is given back, and lets go of what was lost while idle", async () => {
  const { device, compiled, disposed, lose } = losable()
  const program = Effect.gen(function* () {
    const pool = yield* makePool(device, { backend: "test" }, undefined)
    const borrow = (lanes: number, meanwhile = () => {}) =>
      Effect.scoped(
        Effect.map(pool.take(shape, lanes), ({ executable }) => {
          meanwhile()
          return executable
        }),
      )
    const [one, two] = [yield* borrow(1), yield* borrow(2)]
    expect(yield* borrow(1)).toBe(one)
    lose()
    const another = yield* borrow(1)
    expect(another).not.toBe(one)
    expect(disposed).toEqual(new Set([one, two]))
    expect(yield* borrow(1, lose)).toBe(another)
    expect(yield* borrow(1)).not.toBe(another)
  })
  await Effect.runPromise(Effect.scoped(program))
  expect(compiled).toHaveLength(4)
  expect(disposed).toEqual(new Set(compiled))
})
