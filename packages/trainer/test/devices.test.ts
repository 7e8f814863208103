/** Which device trains a run, and what becomes of a bundle that is too large for it. */
import { Backend } from "@ts/backend"
import { type Device, referenceDevice, TooLarge } from "@ts/program"
import { Effect } from "effect"
import { expect, it } from "vitest"
import { assign, losses, only, refusal, run, train } from "./study.ts"

it("a run goes to the device of its precision", async () => {
  const [double, single] = [referenceDevice(), referenceDevice({ precision: "f32" })]
  const one = assign({ precision: "f64" })
  const other = assign({ precision: "f32" })
  const both = Effect.gen(function* () {
    const { capabilities } = yield* Backend
    expect(capabilities.numerics).toEqual({ f64: double.info.numericsId, f32: single.info.numericsId })
    return losses([...(yield* train(one)), ...(yield* train(other))])
  })
  const alone = async (device: Device, assignment: typeof one) => losses(await run(train(assignment), { device }))
  const expected = [...(await alone(double, one)), ...(await alone(single, other))]
  expect(await run(both, { device: [double, single] })).toEqual(expected)
  const refused = await run(refusal(assign({ precision: "bf16" })), { device: [double, single] })
  expect(refused).toMatchObject({ reason: "Unsupported", field: "precision" })
  expect(refused.message).toContain("use f64 or f32")
})

/** The reference device with room for so many lanes. */
const narrow = (most: number) => {
  const reference = referenceDevice()
  const compiled: Array<number> = []
  const device: Device = {
    ...reference,
    compile: async (training, options) => {
      if (options.lanes > most) throw new TooLarge(`${options.lanes} lanes do not fit`)
      compiled.push(options.lanes)
      return reference.compile(training, options)
    },
  }
  return { device, compiled }
}

it("a bundle too large for the device goes in parts, with the same numbers", async () => {
  const bundle = [1, 2, 3, 4, 5].map((seed) => assign({ seed })) as [ReturnType<typeof assign>]
  const { device, compiled } = narrow(2)
  const events = await run(train(...bundle), { device })
  expect(Math.max(...compiled)).toBe(2)
  expect(only(events, "Finished")).toHaveLength(5)
  const whole = await run(train(...bundle))
  for (const each of bundle) expect(losses(events, each)).toEqual(losses(whole, each))
})

it("a device that fails while it compiles may be tried again", async () => {
  const reference = referenceDevice()
  const away: Device = { ...reference, compile: () => Promise.reject(new Error("the GPU was lost")) }
  const failed = await run(refusal(assign()), { device: away })
  expect(failed).toMatchObject({ reason: "Device", retryable: true })
  expect(failed.message).toContain("the GPU was lost")
})

it("a run too large for the device is refused, and nobody tries again", async () => {
  const refused = await run(refusal(assign()), { device: narrow(0).device })
  expect(refused).toMatchObject({ reason: "Unsupported", field: "model", retryable: false })
  expect(refused.message).toContain("do not fit")
})
