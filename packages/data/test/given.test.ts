import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { DataSpec } from "../src/index.ts"
import { open, openError, specOf, temporaryFolder } from "./opening.ts"

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

  it("are too short, empty or no text as those on disk are", async () => {
    const error = (text: string | Uint8Array<ArrayBuffer>, tokens = 100) =>
      openError(specOf(files(["a.txt"])), { files: { "a.txt": new Blob([text]) } }, { tokens })
    expect(await error(few, 10 ** 6)).toMatchObject({ reason: "CorpusTooShort", need: 10 ** 6 + 1 })
    expect(await error("\n \n")).toMatchObject({ reason: "EmptyCorpus" })
    expect(await error(new Uint8Array(4000))).toMatchObject({ reason: "BinaryCorpus" })
  })
})
