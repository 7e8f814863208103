import { Study } from "@ts/sweep"
import { describe, expect, it } from "vitest"
import { choiceOf, initialChoice, nameOf, titleOf } from "../src/studies/Choice.ts"
import { presetOf, presets } from "../src/studies/presets.ts"

const text = { sha256: "0f".repeat(32), name: "Poe & Ω 100%?.txt", bytes: 150_000 }

describe("a choice", () => {
  it.each(presets.map(({ id }) => id))("%s is found again by its name, and is a study", (id) => {
    const choice = initialChoice(id, presetOf(id).ownText === true ? text : undefined)
    expect(choiceOf(nameOf(choice))).toEqual(choice)
    expect(() => Study.make(presetOf(id).study(choice.settings, choice.text))).not.toThrow()
    const dial = presetOf(id).dials(choice.text)[0]
    for (const end of dial === undefined ? [] : [dial.from, dial.to]) {
      const settings = { ...choice.settings, [dial!.name]: end }
      expect(() => Study.make(presetOf(id).study(settings, choice.text))).not.toThrow()
    }
  })

  it("of a text trains no longer than the text is", () => {
    const { longest } = initialChoice("own-text", text).settings
    expect(longest).toBe(17)
    expect(choiceOf(nameOf({ preset: "own-text", settings: { longest: 18 }, text }))).toBe(undefined)
    const large = { ...text, bytes: 5_000_000 }
    expect(choiceOf(nameOf({ preset: "own-text", settings: { longest: 20 }, text: large }))).not.toBe(undefined)
    expect(choiceOf("own-text")).toEqual({ preset: "own-text", settings: { longest: 18 } })
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
