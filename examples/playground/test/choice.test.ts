import { Study } from "@ts/sweep"
import { describe, expect, it } from "vitest"
import { choiceOf, initialChoice, nameOf, titleOf } from "../src/studies/Choice.ts"
import { presetOf, presets } from "../src/studies/presets.ts"

describe("a choice", () => {
  it.each(presets.map(({ id }) => id))("%s is found again by its name, and is a study", (id) => {
    const choice = initialChoice(id)
    expect(choiceOf(nameOf(choice))).toEqual(choice)
    expect(() => Study.make(presetOf(id).study(choice.settings))).not.toThrow()
  })

  it("keeps what was set", () => {
    const choice = { preset: "declared-law", settings: { noise: 0.0035, growth: 0.2 } } as const
    expect(nameOf(choice)).toBe("declared-law?noise=0.0035&growth=0.2")
    expect(choiceOf(nameOf(choice))).toEqual(choice)
    expect(titleOf(choice)).toBe(
      "A law you declare: noise of a reading, nats 0.0035, critical batch grows as T to the 0.2",
    )
  })

  it.each(["", "nothing", "declared-law?noise=1", "declared-law?growth=x", "declared-law?noise=-0.001"])(
    "is none for %j",
    (name) => {
      expect(choiceOf(name)).toBe(undefined)
    },
  )
})
