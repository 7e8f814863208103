/** The cell under construction while a study is enumerated: fields by path, built into objects that equal cells share. */
import type { Loose } from "./loose.ts"

export type Cell = Record<string, Loose>

interface Top {
  /** Fields under this one by path; its own path where it is a plain value. */
  readonly fields: Map<string, unknown>
  /** Everything built so far, by its fields. */
  readonly built: Map<string, unknown>
}

export interface CellBuilder {
  /** Every field set, by path. */
  readonly resolved: ReadonlyMap<string, unknown>
  readonly set: (path: string, value: unknown) => void
  readonly delete: (path: string) => void
  /** The cell of the fields as they are now: the same object each time, of parts that stay. */
  readonly cell: () => Cell
}

const topOf = (path: string): string => {
  const dot = path.indexOf(".")
  return dot < 0 ? path : path.slice(0, dot)
}

export const cellBuilder = (isArray: (path: string) => boolean): CellBuilder => {
  const resolved = new Map<string, unknown>()
  const tops = new Map<string, Top>()
  const changed = new Set<string>()
  const cell: Cell = {}

  const build = (name: string, fields: ReadonlyMap<string, unknown>): unknown => {
    const root: Cell = isArray(name) ? ([] as Loose) : {}
    for (const [path, value] of fields) {
      const parts = path.split(".")
      let at: Loose = root
      for (let i = 1; i < parts.length - 1; i++) {
        at[parts[i]] ??= isArray(parts.slice(0, i + 1).join(".")) ? [] : {}
        at = at[parts[i]]
      }
      at[parts[parts.length - 1]] = value
    }
    return root
  }

  const change = (path: string, apply: (fields: Map<string, unknown>) => void) => {
    const name = topOf(path)
    const top = tops.get(name) ?? { fields: new Map(), built: new Map() }
    tops.set(name, top)
    apply(top.fields)
    changed.add(name)
  }

  const refresh = (name: string) => {
    const { fields, built } = tops.get(name)!
    if (fields.size === 0) delete cell[name]
    else if (fields.has(name)) cell[name] = fields.get(name)
    else {
      const key = JSON.stringify([...fields])
      const known = built.get(key) ?? build(name, fields)
      built.set(key, known)
      cell[name] = known
    }
  }

  return {
    resolved,
    set: (path, value) => {
      resolved.set(path, value)
      change(path, (fields) => fields.set(path, value))
    },
    delete: (path) => {
      resolved.delete(path)
      change(path, (fields) => fields.delete(path))
    },
    cell: () => {
      for (const name of changed) refresh(name)
      changed.clear()
      return cell
    },
  }
}
