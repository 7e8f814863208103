/**
 * How large each package is, minified and gzipped, against the budget in `sizes.json`. `npm run sizes` prints the table alone; it reads the
 * built files.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { build, type Plugin } from "esbuild"
import { type Package, packages, root, withoutIO } from "./packages.ts"

/** Which dependencies are bundled: none; those of the workspace; all, which is what a page loads. */
type Included = "none" | "workspace" | "all"

interface Size {
  readonly minified: number
  readonly gzipped: number
}

/** Keeps out what is not asked for. Modules of Node always stay out. */
const leaveOut = (included: Included): Plugin => ({
  name: "leave out",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === "entry-point") return undefined
      const inside = packages.some(({ name }) => path === name || path.startsWith(`${name}/`))
      return included === "all" || (included === "workspace" && inside) ? undefined : { path, external: true }
    }),
})

const sizeOf = async ({ folder }: Package, included: Included): Promise<Size> => {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(folder, "dist/index.js")],
    bundle: true,
    minify: true,
    format: "esm",
    // Only packages without I/O are bundled with all there is, for a page.
    platform: included === "all" ? "browser" : "node",
    target: "es2024",
    plugins: [leaveOut(included)],
    write: false,
    logLevel: "silent",
  })
  const { contents } = outputFiles[0]!
  return { minified: contents.length, gzipped: gzipSync(contents).length }
}

interface Budget {
  /** The package's own code, KiB minified. */
  readonly own: number
  /** With all its dependencies, for packages without I/O, KiB minified. */
  readonly page?: number
}

const budgets = JSON.parse(readFileSync(join(root, "scripts/sizes.json"), "utf8")) as Record<string, Budget>

const kib = ({ minified, gzipped }: Size) => `${(minified / 1024).toFixed(1)} (${(gzipped / 1024).toFixed(1)})`

const raise = "if it is worth it, raise the budget in scripts/sizes.json and say why in the commit"

const judge = (one: Package, own: Size, page: Size | undefined): string | undefined => {
  const budget = budgets[one.name]
  if (budget === undefined) return `${one.name} has no budget: add it to scripts/sizes.json, in KiB, with some room`
  if (own.minified > 1024 * budget.own)
    return `${one.name} has ${kib(own)} KiB of its own, over its budget of ${budget.own}: ${raise}`
  if (page === undefined) return undefined
  if (budget.page === undefined) return `${one.name} has no budget for a page: add "page" to scripts/sizes.json`
  if (page.minified > 1024 * budget.page)
    return `${one.name} is ${kib(page)} KiB with its dependencies, over its budget of ${budget.page}: ${raise}`
  return undefined
}

export interface Sizes {
  readonly table: string
  readonly verdicts: ReadonlyArray<{ readonly name: string; readonly problem?: string }>
}

export const sizes = async (): Promise<Sizes> => {
  const rows: Array<ReadonlyArray<string>> = [
    ["KiB minified (gzipped)", "own", "with workspace", "in a page", "budget"],
  ]
  const verdicts: Array<{ name: string; problem?: string }> = []
  for (const one of packages) {
    const own = await sizeOf(one, "none")
    const workspace = await sizeOf(one, "workspace")
    const page = withoutIO.includes(one) ? await sizeOf(one, "all") : undefined
    const budget = budgets[one.name]
    const limits = [budget?.own, budget?.page].filter((limit) => limit !== undefined).join(" / ")
    rows.push([one.name, kib(own), kib(workspace), page === undefined ? "-" : kib(page), limits])
    const problem = judge(one, own, page)
    verdicts.push({ name: `size of ${one.name}`, ...(problem === undefined ? {} : { problem }) })
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: ReadonlyArray<string>) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ")
  return { table: rows.map(line).join("\n"), verdicts }
}

if (import.meta.main) {
  const { table, verdicts } = await sizes()
  console.log(table)
  const problems = verdicts.flatMap(({ problem }) => problem ?? [])
  if (problems.length > 0) console.log(`\n${problems.join("\n")}`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
