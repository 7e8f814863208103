import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { planFromDocument, toJson } from "./index.ts"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map((match) => match[1]!)

describe("the README", () => {
  it("prints what its examples say they print", async () => {
    const examples = blocks("ts")
    expect(examples).toHaveLength(2)
    for (const code of examples) {
      const printed: string[] = []
      const body = code.replace(/^import .*$/gm, "").replace(/console\.log\(/g, "print(")
      const run = new Function("api", "print", `const { plan, coordinateCheck } = api\n${body}`)
      run(await import("./index.ts"), (...values: unknown[]) => printed.push(values.join(" ")))
      expect(printed).toEqual([...code.matchAll(/console\.log.*\/\/ (.*)$/gm)].map((match) => match[1]))
    }
  })

  it("describes a model that can be planned, and names every field of the plan", () => {
    const document = toJson(planFromDocument(JSON.parse(blocks("json")[0]!)))
    expect(document.tensors).toHaveLength(5)
    for (const key of [
      ...Object.keys(document),
      ...Object.keys(document.parameter_groups.adamw["coupled-to-lr"][0]!),
    ]) {
      expect(readme).toContain(key)
    }
  })
})
