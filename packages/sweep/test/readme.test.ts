import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

it("the README's example runs, and trains nothing the second time", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme)!
  // Inside the package, so that its imports resolve.
  const folder = mkdtempSync(fileURLToPath(new URL("readme-", import.meta.url)))
  try {
    writeFileSync(`${folder}/example.ts`, example)
    const run = () =>
      spawnSync(process.execPath, ["--conditions=@ts/source", "example.ts"], { cwd: folder, encoding: "utf8" })
    const first = run()
    expect(first.stderr).toBe("")
    expect(first.stdout).toMatch(/^15 runs, 61440 tokens\n/)
    expect(first.stdout).toMatch(/15\/15 runs[\s\S]*30 readings; planned now: 0\n$/)
    expect(run().stdout).toMatch(/^0 runs, 0 tokens\n[\s\S]*30 readings; planned now: 0\n$/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
