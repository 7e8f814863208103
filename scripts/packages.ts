import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export const root = new URL("..", import.meta.url).pathname

export interface Package {
  /** As imported: `@ts/fit`. */
  readonly name: string
  /** From the root: `packages/fit`. */
  readonly folder: string
  readonly dependencies: ReadonlyArray<string>
}

const read = (folder: string): Package => {
  const { name, dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(root, folder, "package.json"), "utf8"),
  ) as {
    name: string
    dependencies?: Record<string, string>
    peerDependencies?: Record<string, string>
  }
  return { name, folder, dependencies: Object.keys({ ...dependencies, ...peerDependencies }) }
}

/** What is published. */
export const packages: ReadonlyArray<Package> = ["packages", "plugins"].flatMap((parent) =>
  readdirSync(join(root, parent))
    .map((name) => join(parent, name))
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map(read),
)

const reachesEffect = ({ dependencies }: Package): boolean =>
  dependencies.some((name) => {
    const inside = packages.find((other) => other.name === name)
    return name === "effect" || (inside !== undefined && reachesEffect(inside))
  })

/** Packages without I/O: those that `effect` does not reach. They promise to run unchanged in browsers. */
export const withoutIO = packages.filter((one) => !reachesEffect(one))

/** Backends that compute their losses need nothing but the language either, and run on a page. */
const computed = ["@ts/backend-least-squares", "@ts/backend-surrogate"]

/** What is tried in a browser. */
export const inBrowsers = packages.filter((one) => withoutIO.includes(one) || computed.includes(one.name))
