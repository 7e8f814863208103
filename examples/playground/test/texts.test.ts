import { DataSource } from "@ts/data"
import { Study } from "@ts/sweep"
import { Effect } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import { initialChoice } from "../src/studies/Choice.ts"
import { FEWEST_BYTES, ownText } from "../src/studies/ownText.ts"
import { paragraphsOf } from "../src/texts/paragraphs.ts"
import { readText } from "../src/texts/readText.ts"
import { pathOf } from "../src/texts/TextRef.ts"

// As a page that came over HTTPS has it.
beforeAll(() => Object.assign(globalThis, { isSecureContext: true }))

const words = (count: number, of = "word") => Array.from({ length: count }, (_, i) => `${of}${i}`).join(" ")

describe("paragraphs", () => {
  it("are parted by blank lines, their own lines joined", () => {
    const text = Array.from({ length: 20 }, (_, i) => `First ${i}\r\n  and  more `).join("\r\n \r\n")
    expect(paragraphsOf(`\ufeff${text}`)).toEqual(Array.from({ length: 20 }, (_, i) => `First ${i} and more`))
  })

  it("are lines, where few lines are blank", () => {
    expect(paragraphsOf("one\n\ntwo\nthree\n")).toEqual(["one", "two", "three"])
  })

  it("lose no word where they are cut, and no character where there are no words", () => {
    const long = words(2000)
    const parts = paragraphsOf(long)
    expect(parts.join(" ")).toBe(long)
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(1000)
    const faces = "\u{1F600}".repeat(1501)
    expect(paragraphsOf(`x${faces}`).join("")).toBe(`x${faces}`)
    for (const part of paragraphsOf(`x${faces}`)) expect(part).not.toContain("\ufffd")
  })
})

describe("a text", () => {
  it("is known by its content, whatever its name", async () => {
    const one = await readText(new Blob([words(9000)]), "a.txt")
    const two = await readText(new Blob([words(9000)]), "b.txt")
    expect(one.ref).toEqual({ ...two.ref, name: "a.txt" })
    expect((await readText(new Blob([words(9001)]), "a.txt")).ref.sha256).not.toBe(one.ref.sha256)
  })

  it.each<[string, string | Uint8Array<ArrayBuffer>, RegExp]>([
    ["short", words(100), /too little to learn from: take at least 25 kB/],
    ["binary", new Uint8Array(50_000), /not plain text/],
    ["in another encoding", new Uint8Array(50_000).fill(0xe9), /not plain text/],
    ["huge", "x".repeat(2 ** 24 + 1), /a part of it is enough/],
  ])("that is %s is refused with the way out", async (_, content, message) => {
    await expect(readText(new Blob([content]), "it")).rejects.toThrow(message)
  })

  it("has a name that fits into an address", async () => {
    const { ref } = await readText(new Blob([words(9000)]), `${"Война и мир".repeat(9)}.txt`)
    expect(ref.name).toMatch(/^Война/)
    expect(encodeURIComponent(encodeURIComponent(ref.name)).length).toBeLessThanOrEqual(100)
  })

  it.each([FEWEST_BYTES, 150_000, 290_000])("of %i bytes has the tokens that its study asks for", async (bytes) => {
    const paragraph = words(60)
    const text = Array.from({ length: Math.ceil(bytes / (paragraph.length + 4)) }, (_, i) => `${i} ${paragraph}`)
    const { ref, content } = await readText(new Blob([text.join("\n")]), "it")
    const choice = initialChoice("own-text", ref)
    const study = Study.make(ownText.study(choice.settings, ref))
    const { runs } = await Effect.runPromise(Study.expand(study))
    const [{ spec, horizons }] = runs as [(typeof runs)[number]]
    const opened = DataSource.use((data) => data.open(spec.data, { tokens: Math.max(...horizons), seqLen: 32 }))
    const layer = DataSource.layer({ files: { [pathOf(ref)]: content } })
    const corpus = await Effect.runPromise(Effect.provide(opened, layer))
    expect(corpus.trainTokens).toBeGreaterThan(Math.max(...horizons))
    expect(corpus.trainTokens).toBeLessThan(ref.bytes)
  })
})
