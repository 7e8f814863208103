/** Parts of a study laid over what they share. */
import { Predicate } from "effect"
import type { Loose } from "./loose.ts"

const plain = (value: unknown) => Predicate.isObject(value) && !Array.isArray(value)

/** `over` laid over `base`: objects field by field, all else replaced; another `kind` replaces the whole object. */
export const lay = (base: Loose, over: Loose): Loose => {
  if (!plain(base) || !plain(over)) return over
  if ("kind" in over && over.kind !== base.kind) return over
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) merged[key] = key in base ? lay(base[key], value) : value
  return merged
}
