import { existsSync, readFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { basename, join } from "node:path"
import { type BuildOptions, build } from "esbuild"
import { type Package, root } from "../../scripts/packages.ts"

/** One file for the browser; what has no place there (a module of Node) is an error. */
const bundle = async (options: BuildOptions): Promise<string> => {
  const { outputFiles, metafile } = await build({
    ...options,
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2024",
    loader: { ".parquet": "binary" },
    // The one question about the terminal that an example asks.
    define: { "process.stdout.isTTY": "false" },
    metafile: true,
    write: false,
    logLevel: "silent",
  })
  const sources = Object.keys(metafile!.inputs).filter((path) => /^packages\/[^/]+\/src\//.test(path))
  if (sources.length > 0) throw new Error(`not what is published, but its source: ${sources.join(", ")}`)
  return outputFiles![0]!.text
}

/** The first TypeScript example of the README, unless it reads files, which is its reader's business. */
const exampleOf = ({ folder }: Package): string | undefined => {
  const readme = join(root, folder, "README.md")
  const example = existsSync(readme) ? /```ts\n([\s\S]*?)```/.exec(readFileSync(readme, "utf8"))?.[1] : undefined
  return example === undefined || /from "node:/.test(example) ? undefined : example
}

/** What is run of a package in both places, by name: `example` and `program`. */
export const bundlesOf = async (one: Package): Promise<Readonly<Record<string, string>>> => {
  const bundles: Record<string, string> = {}
  const example = exampleOf(one)
  if (example !== undefined)
    bundles["example"] = await bundle({
      stdin: { contents: example, loader: "ts", resolveDir: join(root, one.folder) },
    })
  const program = join(root, "tests/browser/programs", `${basename(one.folder)}.ts`)
  if (existsSync(program)) bundles["program"] = await bundle({ entryPoints: [program] })
  if (Object.keys(bundles).length === 0)
    throw new Error(`nothing to run: give README.md an example, or tests/browser/programs a program`)
  return bundles
}

export const pageScript = () => bundle({ entryPoints: ["tests/browser/page.ts"] })

/** Modules of Node that the built files of a package ask for, ES module and CommonJS. */
export const nodeModulesOf = async ({ folder }: Package): Promise<ReadonlyArray<string>> => {
  const asked = await Promise.all(
    ["dist/index.js", "dist/index.cjs"].map(async (file) => {
      const { metafile } = await build({
        absWorkingDir: root,
        entryPoints: [join(folder, file)],
        bundle: true,
        packages: "external",
        metafile: true,
        write: false,
        logLevel: "silent",
      })
      return Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    }),
  )
  return [...new Set(asked.flat())].filter((path) => path.startsWith("node:") || builtinModules.includes(path))
}
