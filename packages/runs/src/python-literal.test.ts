import { readFileSync } from "node:fs"
import fc from "fast-check"
import { expect, it } from "vitest"
import { parseRuns } from "./parse-runs.ts"
import { parsePythonLiteral } from "./python-literal.ts"

/** Python's repr, of what JSON can hold. */
const repr = (value: unknown): string => {
  if (value === null) return "None"
  if (typeof value === "boolean") return value ? "True" : "False"
  if (typeof value === "number") return String(value)
  if (typeof value === "string") {
    const quote = value.includes("'") && !value.includes('"') ? '"' : "'"
    return `${quote}${value.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`)}${quote}`
  }
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`
  return `{${Object.entries(value as object)
    .map(([k, v]) => `${repr(k)}: ${repr(v)}`)
    .join(", ")}}`
}

it("reads what Python prints", () => {
  const leaf = fc.oneof(
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (Object.is(x, -0) ? 0 : x)),
    fc.string({ unit: fc.constantFrom("a", "'", '"', "\\", "{", ",", ":", " ", "]") }),
  )
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.string({ unit: fc.constantFrom("a", "b", "'", "/") }), tie("value"), {
        maxKeys: 3,
        noNullPrototype: true,
      }),
    ),
  }))
  fc.assert(
    fc.property(value, (v) => {
      expect(parsePythonLiteral(repr(v))).toEqual(v)
    }),
  )
})

it("reads tuples, nan and trailing commas, and nothing that is no literal", () => {
  expect(parsePythonLiteral("{'betas': (0.9, 0.95,), 'loss': nan, 'n': -1e-3,}")).toEqual({
    betas: [0.9, 0.95],
    loss: "nan",
    n: -0.001,
  })
  for (const text of ["{'a': }", "{'a' 1}", "{'a': 1", "[1, 2", "{'a': 1} x", "{1: np.float64(2)}", ""])
    expect(parsePythonLiteral(text)).toBeUndefined()
})

it("turns the dictionaries of the W&B example's CSV into columns", async () => {
  const bytes = readFileSync(new URL("../fixtures/wandb-api.csv", import.meta.url))
  const { columns, rows } = await parseRuns({ name: "wandb-api.csv", bytes })
  expect(rows).toBe(12)
  expect([...columns.keys()]).toEqual([
    "summary.val/loss",
    "summary._step",
    "summary._wandb.runtime",
    "config.lr",
    "config.batch_size",
    "config.seq_len",
    "config.optimizer",
    "config.betas",
    "config.clip",
    "config.model.d_model",
    "config.model.tied",
    "config.note",
    "name",
  ])
  expect(columns.get("config.lr")?.at(1)).toBe(0.002)
  expect(columns.get("config.note")?.at(0)).toBe("it's the base run")
  expect(columns.get("summary.val/loss")?.at(5)).toBe("nan")
})
