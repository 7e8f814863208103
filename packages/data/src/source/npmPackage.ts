import { readFile, stat } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { dataError, fileError } from "../DataError.ts"
import type { PackageSource } from "../DataSpec.ts"
import type { DocumentSource } from "./Documents.ts"
import type { Format } from "./format.ts"
import { localFile } from "./localFile.ts"

/** Where this package itself lies: the CommonJS build has `__dirname`, the module build `import.meta`. */
const here = typeof __dirname === "string" ? __dirname : import.meta.dirname

/** `folder` and the folders that hold it, innermost first. */
const ancestors = (folder: string): ReadonlyArray<string> => {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...ancestors(parent)]
}

interface Installed {
  readonly folder: string
  readonly version: string
}

const installed = async (name: string, from: string): Promise<Installed | undefined> => {
  for (const ancestor of ancestors(resolve(from))) {
    const folder = join(ancestor, "node_modules", name)
    const manifest = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined)
    if (manifest !== undefined) return { folder, version: String(JSON.parse(manifest).version) }
  }
  return undefined
}

/** The installed package `name`, looked for from `base` upwards and then from here, in the exact version. */
const locate = async ({ name, version }: PackageSource, base: string): Promise<string> => {
  const found = [await installed(name, base), await installed(name, here)].filter((one) => one !== undefined)
  const match = found.find((one) => one.version === version)
  if (match !== undefined) return match.folder
  const other = found[0]?.version
  throw dataError(
    "NotFound",
    other === undefined
      ? `The package "${name}" is not installed: run \`npm install ${name}@${version}\` in the study's folder.`
      : `The package "${name}" is installed as ${other}, but the study names ${version}: run \`npm install ${name}@${version}\`, or name ${other}.`,
  )
}

/** Files of an installed npm package; known by the package's name and version. */
export const findPackage = async (source: PackageSource, base: string): Promise<DocumentSource> => {
  const folder = await locate(source, base)
  const format: Format = source.documents === "file" ? { kind: "text" } : { kind: "lines", after: source.after }
  const { name, version, files } = source
  return {
    identity: { kind: "package", name, version, files, format },
    files: await Promise.all(
      files.map(async (file) => {
        const path = join(folder, file)
        const label = `${name}/${file}`
        const found = await stat(path).catch((cause) => {
          throw fileError(cause, label)
        })
        return localFile(path, label, found.size, format)
      }),
    ),
  }
}
