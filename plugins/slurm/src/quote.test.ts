import { execFileSync } from "node:child_process"
import fc from "fast-check"
import { expect, it } from "vitest"
import { quote, quoteAll } from "./quote.ts"

const heard = (argv: ReadonlyArray<string>) => {
  const script = `for word in ${quoteAll(argv)}; do printf '%s\\0' "$word"; done`
  return execFileSync("sh", ["-s"], { input: script }).toString("utf8").split("\0").slice(0, -1)
}

const hostile = [
  "",
  "'",
  "''",
  "\\",
  "\\'",
  "$(id)",
  "`id`",
  "a b",
  "-n",
  "~",
  "*",
  "\n",
  "a\n",
  "!x",
  "$HOME",
  "é",
  "; id",
  '"',
]

it("gives a shell every word as it is", () => {
  expect(heard(hostile)).toEqual(hostile)
  const piece = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: "grapheme" }))
  const word = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join("").replaceAll("\0", ""))
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      expect(heard(words)).toEqual(words)
    }),
    { numRuns: 200 },
  )
})

it("refuses what no word can hold", () => {
  expect(() => quote("a\0b")).toThrow(/"a\\u0000b" holds a NUL/)
})
