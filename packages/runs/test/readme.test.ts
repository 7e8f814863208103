import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it, vi } from "vitest"

it("has an example in the README that runs and says what it prints", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ""
  const folder = mkdtempSync(join(import.meta.dirname, ".readme-"))
  const print = vi.spyOn(console, "log").mockImplementation(() => {})
  try {
    const file = join(folder, "example.ts")
    writeFileSync(file, code.replace('"@ts/runs"', '"../../src/index.ts"'))
    await import(file)
    const printed = print.mock.calls.map(([line]) => line)
    const promised = [...code.matchAll(/^\/\/ (.*?)(?: …)?$/gm)]
      .map(([, line]) => line)
      .filter((line) => !line.startsWith("Or the bytes"))
    expect(promised.length).toBeGreaterThan(3)
    for (const line of promised) expect(printed).toContain(line)
    expect(printed.at(-1)).toMatchObject({ _tag: "NotIdentified" })
  } finally {
    print.mockRestore()
    rmSync(folder, { recursive: true })
  }
})
