import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { DataError, DataSpec } from "../src/index.ts"
import type { TextSpec } from "../src/TextOpener.ts"
import { textOpener } from "../src/textOnPage.ts"
import { open, openError, specOf, temporaryFolder, trainDocuments } from "./opening.ts"

type Files = Extract<DataSpec["source"], { kind: "files" }>

const files = (paths: ReadonlyArray<string>, rest: Partial<Files> = {}): Files => ({
  kind: "files",
  paths: paths as [string, ...Array<string>],
  format: "lines",
  ...rest,
})

const few = Array.from({ length: 60 }, (_, i) => `line ${i}, naïve or not`).join("\r\n")
/** Enough for more than one shard. */
const many = Array.from({ length: 24_000 }, (_, i) => `${i} ${"and a few words more ".repeat(9)}`).join("\n")

describe("files handed over", () => {
  it.each<[string, Files, Record<string, string>]>([
    ["lines", files(["a.txt"]), { "a.txt": few }],
    [
      "lines of two files, after a mark",
      files(["a.txt", "b/c.txt"], { after: ", " }),
      { "a.txt": few, "b/c.txt": few },
    ],
    ["whole files", files(["a", "b", "c"], { format: "text" }), { a: few, b: `${few} again`, c: "and the last" }],
    ["many lines", files(["a.txt"]), { "a.txt": many }],
  ])("are the corpus that they are on disk: %s", async (_, source, texts) => {
    const base = temporaryFolder()
    const given: Record<string, Blob> = {}
    for (const [i, [path, text]] of Object.entries(texts).entries()) {
      given[path] = new Blob([text])
      writeFileSync(join(base, `${i}`), text)
    }
    const onDisk = { ...source, paths: source.paths.map((_, i) => `${i}`) as [string] }
    const rest = { seed: 3, repeat: true } as const
    const corpus = await open(specOf(source, rest), { files: given })
    const known = await open(specOf(onDisk, rest), { base, cacheFolder: temporaryFolder() })
    const { read, ...said } = corpus
    const { read: readKnown, ...saidKnown } = known
    expect(said).toEqual(saidKnown)
    const count = corpus.trainTokens + 50
    expect(read(7, count)).toEqual(readKnown(7, count))
  })

  it.each([
    ["jsonl", specOf(files(["a.txt"], { format: "jsonl", text: "text" })), "files handed over are text"],
    [
      "bpe",
      specOf(files(["a.txt"]), { tokenizer: { kind: "bpe", vocabulary: 300 } }),
      "files handed over are read as bytes",
    ],
  ])("are refused as %s", async (_, spec, message) => {
    const error = await openError(spec, { files: { "a.txt": new Blob([few]) } })
    expect(error).toMatchObject({ reason: "InvalidSpec", message: expect.stringContaining(message) })
  })

  it("take the place of what lies on the disk, all of a source or none", async () => {
    const base = temporaryFolder()
    const onDisk = ["disk", "disk too"].map((text) => `${few}\n${text}`)
    for (const [i, name] of ["a.txt", "b.txt"].entries()) writeFileSync(join(base, name), onDisk[i]!)
    const [given, also] = [new Blob([`${few}\ngiven`]), new Blob([`${few}\ngiven too`])]
    const options = { base, cacheFolder: temporaryFolder() }
    const [a, both] = [specOf(files(["a.txt"])), specOf(files(["a.txt", "b.txt"]))]
    expect(trainDocuments(await open(a, { ...options, files: { "a.txt": given } }))).toContain("given")
    const documents = trainDocuments(await open(both, { ...options, files: { "a.txt": given, "b.txt": also } }))
    expect(documents).toEqual(expect.arrayContaining(["given", "given too"]))
    expect(documents).not.toContain("disk")
    expect(await openError(both, { ...options, files: { "a.txt": given } })).toMatchObject({
      reason: "InvalidSpec",
      message: 'Some files of the source were handed over, but not "b.txt": hand over all of them, or none.',
    })
    expect(trainDocuments(await open(both, { ...options, files: { "c.txt": given } }))).toContain("disk too")
  })

  it("that are missing on a page are named", async () => {
    const error = (source: DataSpec["source"]) =>
      Effect.runPromise(
        Effect.flatMap(textOpener({}), (openText) => openText(specOf(source) as TextSpec, need, () => {})).pipe(
          Effect.flip,
        ),
      )
    const need = { tokens: 100, seqLen: 8 }
    expect(await error(files(["a.txt"]))).toMatchObject({
      reason: "NotFound",
      message: expect.stringContaining('"a.txt" was not handed over'),
    })
    const many = Array.from({ length: 12 }, (_, i) => `${i}.txt`)
    expect(((await error(files(many))) as DataError).message).toContain(
      '"6.txt", "7.txt" and 4 more were not handed over',
    )
  })

  it("are too short, empty or no text as those on disk are", async () => {
    const error = (text: string | Uint8Array<ArrayBuffer>, tokens = 100) =>
      openError(specOf(files(["a.txt"])), { files: { "a.txt": new Blob([text]) } }, { tokens })
    expect(await error(few, 10 ** 6)).toMatchObject({ reason: "CorpusTooShort", need: 10 ** 6 + 1 })
    expect(await error("\n \n")).toMatchObject({ reason: "EmptyCorpus" })
    expect(await error(new Uint8Array(4000))).toMatchObject({ reason: "BinaryCorpus" })
  })
})
