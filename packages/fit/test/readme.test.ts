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
    writeFileSync(file, code.replace('"@ts/fit"', '"../../src/index.ts"'))
    await import(file)
    const [[eta, interval], [peak]] = print.mock.calls
    expect(Number(eta).toPrecision(2)).toBe("0.0035")
    expect(interval).toMatchObject({ level: 0.9 })
    expect(peak).toMatchObject({ reason: "peak-above" })
  } finally {
    print.mockRestore()
    rmSync(folder, { recursive: true })
  }
})
