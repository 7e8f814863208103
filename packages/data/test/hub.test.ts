import { gzipSync, zstdCompressSync } from "node:zlib"
import { Redacted } from "effect"
import { parquetWriteBuffer } from "hyparquet-writer"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { DataSpec } from "../src/index.ts"
import { learnBpe } from "../src/tokenizer/bpe.ts"
import { type FakeHub, fakeHub } from "./hubServer.ts"
import { documentsIn, interruptedOnce, open, openError, specOf, temporaryFolder, trainDocuments } from "./opening.ts"

const COMMIT = "1588ec454efa1a09f29cd18ddd04fe05fc8653a2"

const jsonl = (texts: ReadonlyArray<string>): Buffer =>
  Buffer.from(
    texts.map((text) => `${JSON.stringify({ text, timestamp: "2019-04-25", url: "https://example.org" })}\n`).join(""),
  )

const texts = (name: string, count: number): Array<string> =>
  Array.from({ length: count }, (_, i) => `${name} document ${i}`)

/** The files of allenai/c4, three of each kind, small. */
const c4Files = Object.fromEntries([
  ...[0, 1, 2].map((i) => [`en/c4-train.0000${i}-of-00003.json.gz`, gzipSync(jsonl(texts(`en ${i}`, 40)))]),
  ["en/c4-validation.00000-of-00001.json.gz", gzipSync(jsonl(texts("en validation", 40)))],
  ["en.noclean/c4-train.00000-of-00001.json.gz", gzipSync(jsonl(texts("noclean", 40)))],
  ["README.md", Buffer.from("# C4")],
  ["c4.py", Buffer.from("pass")],
])

/** Documents of which a block of 8192 makes a shard: 2.5 million tokens. */
const longTexts = (name: string): Array<string> => texts(name, 8192).map((text) => text.padEnd(300, "."))

const repo = (files: Record<string, Uint8Array>, listedBytes?: number) => ({
  commit: COMMIT,
  branches: ["main"],
  files,
  ...(listedBytes === undefined ? {} : { listedBytes }),
})

const parquet = (column: string): Buffer =>
  Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: column, data: [...texts("row", 40), null], type: "STRING" },
        { name: "id", data: texts("id", 41), type: "STRING" },
      ],
    }),
  )

const truncated = gzipSync(jsonl(texts("cut", 2000))).subarray(0, 2000)

let hub: FakeHub
beforeAll(async () => {
  hub = await fakeHub(
    {
      "allenai/c4": repo(c4Files),
      "acme/huge": repo(
        Object.fromEntries(["a", "b", "c"].map((name) => [`train-${name}.jsonl`, jsonl(longTexts(name))])),
        2 ** 29,
      ),
      "acme/tables": repo({ "data/train-00000-of-00001.parquet": parquet("content") }),
      "acme/zstd": repo({ "train.jsonl.zst": zstdCompressSync(jsonl(texts("zstd", 40))) }),
      "acme/truncated": repo({ "train.json.gz": truncated }),
      "acme/notes": repo({ "README.md": Buffer.from("nothing") }),
    },
    { "EleutherAI/gpt-neox-20b": repo({ "tokenizer.json": Buffer.from(learnBpe(texts("en", 50), 272).json!) }) },
  )
})
afterAll(() => hub.close())
beforeEach(() => {
  hub.requests.length = 0
  hub.authorizations.length = 0
  hub.fault = () => undefined
})

const here = (cacheFolder = temporaryFolder()) => ({ cacheFolder, hubUrl: hub.url })
const dataset = (name: string, rest: Partial<Extract<DataSpec["source"], { kind: "hub" }>> = {}) =>
  specOf({ kind: "hub", repo: name, text: "text", ...rest })
const c4 = (rest: Parameters<typeof dataset>[1] = {}) => dataset("allenai/c4", { config: "en", ...rest })

describe("allenai/c4 by name", () => {
  it("reads exactly the train files of the configuration, each document once", async () => {
    const corpus = await open(c4(), here())
    const read = [...trainDocuments(corpus), ...documentsIn(corpus.validation)]
    const all = [0, 1, 2].flatMap((i) => texts(`en ${i}`, 40))
    const cut = all.filter((text) => !read.includes(text)) // the last validation document may end early
    expect(cut.length).toBeLessThanOrEqual(1)
    expect([...read, ...cut].sort()).toEqual([...all].sort())
    expect(trainDocuments(corpus)).not.toEqual([...trainDocuments(corpus)].sort())
    expect(corpus.source).toMatchObject({ commit: COMMIT, repo: "allenai/c4" })
    expect(hub.requests.filter((request) => request.includes("noclean") || request.includes("c4-validation"))).toEqual(
      [],
    )
  })

  it("asks the hub nothing once prepared, and keeps the commit of first use", async () => {
    const place = here()
    const first = await open(c4(), place)
    const asked = hub.requests.length
    hub.fault = () => "close"
    const again = await open(c4(), place)
    expect(hub.requests.length).toBe(asked)
    expect(again.identity).toBe(first.identity)
    expect(again.read(0, 100)).toEqual(first.read(0, 100))
  })

  it("is the same corpus through another mirror", async () => {
    const mirror = await fakeHub({ "allenai/c4": repo(c4Files) })
    try {
      const [one, other] = [
        await open(c4(), here()),
        await open(c4(), { cacheFolder: temporaryFolder(), hubUrl: `${mirror.url}/` }),
      ]
      expect(other.identity).toBe(one.identity)
    } finally {
      await mirror.close()
    }
  })

  it("takes files by name or prefix in place of a configuration", async () => {
    const corpus = await open(dataset("allenai/c4", { files: ["en/c4-train.00001"] }), here())
    expect(trainDocuments(corpus).every((text) => text.startsWith("en 1 "))).toBe(true)
  })

  it("sends the access token and never prints it", async () => {
    const secret = "hf_abcdefghijklmnop"
    await open(c4(), { ...here(), token: Redacted.make(secret) })
    expect(new Set(hub.authorizations)).toEqual(new Set([`Bearer ${secret}`]))
    hub.fault = () => 403
    const error = await openError(c4(), { ...here(), token: Redacted.make(secret) })
    expect(JSON.stringify(error) + String(error) + error.stack).not.toContain(secret)
    const odd = await openError(c4(), { ...here(), token: Redacted.make("sk-oops") })
    expect(odd).toMatchObject({
      reason: "Unauthorized",
      message: 'HF_TOKEN is not an access token of the hub (they start with "hf_"): correct or unset it.',
    })
  })
})

describe("a corpus larger than memory", () => {
  const horizon = 3_000_000

  it("is prepared only as far as asked, and a longer horizon goes on with the same tokens", async () => {
    const place = here()
    const short = await open(dataset("acme/huge"), place)
    expect(short).toMatchObject({ complete: false })
    expect(short.shards).toHaveLength(1)
    const long = await open(dataset("acme/huge"), place, { tokens: horizon })
    expect(long.shards).toHaveLength(2)
    expect(long.shards[0]).toEqual(short.shards[0])
    expect(long.identity).toBe(short.identity)

    const direct = await open(dataset("acme/huge"), here(), { tokens: horizon })
    expect(direct.shards).toEqual(long.shards)
    const error = await openError(dataset("acme/huge"), place, { tokens: 8_000_000 })
    const whole = await open(dataset("acme/huge"), place, { tokens: horizon })
    expect(error).toMatchObject({
      reason: "CorpusTooShort",
      have: whole.trainTokens,
      need: 8_000_001,
      retryable: false,
    })
    expect(whole.complete).toBe(true)
    const all = ["a", "b", "c"].flatMap(longTexts)
    const validation = documentsIn(whole.validation)
    const train = trainDocuments(whole)
    expect(train.length).toBe(new Set(train).size)
    expect(train.length).toBe(all.length - 1) // one document of 300 bytes covers the 101 validation tokens
    expect(train.filter((text) => validation.includes(text))).toEqual([])
  })

  it("survives a connection that breaks now and then, with the same tokens", async () => {
    const direct = await open(dataset("acme/huge"), here(), { tokens: horizon })
    let downloads = 0
    // The first file for validation passes; after that every other download breaks in the middle.
    hub.fault = (path, whole) => (path.includes("/resolve/") && whole && ++downloads % 2 === 0 ? "cut" : undefined)
    const broken = await open(dataset("acme/huge"), here(), { tokens: horizon })
    expect(broken.shards).toEqual(direct.shards)
    expect(downloads).toBeGreaterThanOrEqual(4)
  })
})

describe("interruption", () => {
  it("keeps the finished shards, and the next call goes on to the same tokens", async () => {
    const place = here()
    const direct = await open(dataset("acme/huge"), here(), { tokens: 3_000_000 })
    await interruptedOnce(dataset("acme/huge"), place, { tokens: 3_000_000, seqLen: 8 }, 0.9)
    const resumed = await open(dataset("acme/huge"), place, { tokens: 3_000_000 })
    expect(resumed.shards).toEqual(direct.shards)
    expect(Array.from(resumed.read(2_400_000, 100_000))).toEqual(Array.from(direct.read(2_400_000, 100_000)))
  })
})

describe("other formats", () => {
  it("reads Parquet by column, nulls left out", async () => {
    const corpus = await open(dataset("acme/tables", { text: "content" }), here())
    expect(trainDocuments(corpus).length + documentsIn(corpus.validation).length).toBeGreaterThanOrEqual(39)
    expect(trainDocuments(corpus)[0]).toMatch(/^row document \d+$/)
  })

  it("reads .jsonl.zst", async () => {
    expect(trainDocuments(await open(dataset("acme/zstd"), here()))[0]).toMatch(/^zstd document \d+$/)
  })

  it("fetches GPT-NeoX's tokenizer from the same hub, once", async () => {
    const place = here()
    const corpus = await open({ ...c4(), tokenizer: { kind: "gpt-neox" } }, place)
    expect(corpus.vocabulary).toBe(272)
    const asked = hub.requests.length
    await open({ ...c4(), tokenizer: { kind: "gpt-neox" }, seed: 2 }, place)
    expect(hub.requests.slice(asked).filter((request) => request.includes("tokenizer.json"))).toEqual([])
  })
})

describe("failures, each in one sentence", () => {
  const failing = (fault: FakeHub["fault"], ...args: Parameters<typeof openError>) => {
    hub.fault = fault
    return openError(...args)
  }
  const cases: ReadonlyArray<readonly [string, () => Promise<unknown>, object]> = [
    [
      "401",
      () => failing(() => 401, c4(), here()),
      {
        reason: "Unauthorized",
        message: expect.stringMatching(/refuses dataset "allenai\/c4" \(401\): .*set HF_TOKEN/),
      },
    ],
    [
      "403 on a file",
      () => failing((path) => (path.includes("/resolve/") ? 403 : undefined), c4(), here()),
      { reason: "Unauthorized", message: expect.stringContaining(".json.gz") },
    ],
    [
      "404 of a repository",
      () => openError(dataset("acme/nowhere"), here()),
      { reason: "NotFound", message: expect.stringContaining('has no dataset "acme/nowhere" (404)') },
    ],
    [
      "404 of a revision",
      () => openError(c4({ revision: "v9" }), here()),
      { reason: "NotFound", message: expect.stringContaining('"allenai/c4" has no revision "v9"') },
    ],
    [
      "404 of a listed file",
      () => failing((path) => (path.includes("/resolve/") ? 404 : undefined), c4(), here()),
      { reason: "NotFound", message: expect.stringContaining("file") },
    ],
    [
      "a configuration that is not there",
      () => openError(c4({ config: "fr" }), here()),
      { reason: "NotFound", message: expect.stringContaining("en.noclean, en") },
    ],
    [
      "a configuration left open",
      () => openError(dataset("allenai/c4"), here()),
      { reason: "InvalidSpec", message: expect.stringContaining("one of en.noclean, en") },
    ],
    [
      "a split that is not there",
      () => openError(c4({ split: "test" }), here()),
      { reason: "NotFound", message: expect.stringContaining('split "test"') },
    ],
    [
      "a file that is not there",
      () => openError(dataset("allenai/c4", { files: ["fr/"] }), here()),
      { reason: "NotFound", message: expect.stringContaining('starts with "fr/"') },
    ],
    [
      "no data",
      () => openError(dataset("acme/notes"), here()),
      { reason: "NotFound", message: expect.stringContaining("no .jsonl") },
    ],
    [
      "a truncated .gz",
      () => openError(dataset("acme/truncated"), here()),
      { reason: "TruncatedFile", retryable: false },
    ],
    [
      "a missing JSON column",
      () => openError(c4({ text: "content" }), here()),
      {
        reason: "MissingColumn",
        message: expect.stringMatching(/:1 has no column "content": name one of text, timestamp, url/),
      },
    ],
    [
      "a missing Parquet column",
      () => openError(dataset("acme/tables"), here()),
      { reason: "MissingColumn", message: expect.stringContaining('no column "text": name one of content, id') },
    ],
    [
      "an address that is none",
      () => openError(c4(), { ...here(), hubUrl: "localhost:8080" }),
      { reason: "InvalidSpec", message: expect.stringContaining("(HF_ENDPOINT) is not a URL") },
    ],
    ["a hub that fails", () => failing(() => 503, c4(), here()), { reason: "HubFailed", retryable: true }],
    ["a hub that hangs up", () => failing(() => "close", c4(), here()), { reason: "HubUnreachable", retryable: true }],
    [
      "a hub that is not there",
      () => openError(c4(), { ...here(), hubUrl: "http://127.0.0.1:9" }),
      { reason: "HubUnreachable", message: expect.stringContaining("check the network and HF_ENDPOINT") },
    ],
  ]
  it.each(cases)("%s", async (_, act, expected) => {
    expect(await act()).toMatchObject({ _tag: "DataError", ...expected })
  })
})
