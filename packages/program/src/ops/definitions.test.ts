import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { definitions, type OpKind, opKinds } from "../index.ts"

/** The table of README.md, cell by cell: it is the specification. */
const table = new Map(
  readFileSync(new URL("./README.md", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, kind, inputs, outputs, scalars, attributes]) => [
      kind.replaceAll("`", ""),
      { inputs, outputs, scalars, attributes },
    ]),
)
const slots = (cell: string) =>
  [...cell.matchAll(/(\*\*)?`(\w+)`(?:\*\*)?(\?)?([^`]*)/g)].map(([, bold, name, optional, rest]) => ({
    name,
    optional: optional !== undefined,
    adds: bold !== undefined ? "asked" : rest.includes("+=") ? "always" : "never",
  }))
const names = (list: readonly { readonly name: string; readonly optional?: boolean }[]) =>
  list.map(({ name, optional = false }) => ({ name, optional }))

describe("every operation is defined as the table says", () => {
  it("for all of them", () => expect([...table.keys()].sort()).toEqual([...opKinds].sort()))

  it.each(opKinds)("%s", (kind: OpKind) => {
    const row = table.get(kind)!
    const definition = definitions[kind]
    expect(definition.kind).toBe(kind)
    if (!definition.variadic) expect(names(definition.inputs)).toEqual(names(slots(row.inputs)))
    expect(definition.outputs.map(({ name, optional, adds }) => ({ name, optional, adds }))).toEqual(slots(row.outputs))
    const scalars = row.scalars === "as `sgd`" ? table.get("sgd")!.scalars : row.scalars
    expect(names(definition.scalars)).toEqual(names(slots(scalars)))
    expect(names(definition.attributes)).toEqual(names(slots(row.attributes)))
  })

  it("has a gradient rule for every forward operation and for no other", () => {
    for (const kind of opKinds) {
      expect(definitions[kind].gradient !== undefined, kind).toBe(`${kind}_backward` in definitions)
    }
  })
})
