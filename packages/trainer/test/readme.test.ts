import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

it("the README's example runs", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme)!
  // Inside the package, so that its imports resolve.
  const folder = mkdtempSync(fileURLToPath(new URL("readme-", import.meta.url)))
  try {
    writeFileSync(`${folder}/example.ts`, example!)
    const node = ["--conditions=@ts/source", "example.ts"]
    const { stderr, stdout } = spawnSync(process.execPath, node, { cwd: folder, encoding: "utf8" })
    expect(stderr).toBe("")
    expect(stdout.match(/_tag: .*(Started|Evaluated|Finished)/g)).toHaveLength(1 + 3 * 2 + 1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
