import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { openSynthetic } from "./openSynthetic.ts"
import { openPublished, publishCorpus, publishedFiles } from "./published.ts"

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tt-published-"))
})
afterEach(() => rm(folder, { recursive: true }))

const corpus = openSynthetic(
  { kind: "synthetic", vocabulary: 64, order: 1, seed: 1 },
  {
    source: { kind: "synthetic", vocabulary: 64, order: 1, seed: 1 },
    tokenizer: { kind: "none" },
    validation: { tokens: 256, seed: 1 },
    seed: 1,
    repeat: false,
  },
)
const run = Effect.runPromise
const need = (tokens: number) => ({ tokens, seqLen: 16 })

describe("publishCorpus", () => {
  it("gives readers the same tokens, identity and validation", async () => {
    const manifest = await run(publishCorpus(corpus, 5000, folder))
    const opened = await run(openPublished(manifest, need(5000), false))
    const { identity, evaluationId, vocabulary, shards, trainTokens, complete } = corpus
    expect(opened).toMatchObject({ identity, evaluationId, vocabulary, shards, trainTokens, complete })
    expect(opened.validation).toEqual(corpus.validation)
    expect(opened.read(1234, 3000)).toEqual(corpus.read(1234, 3000))
  })

  it("writes nothing twice, and adds what a longer horizon needs", async () => {
    const manifest = await run(publishCorpus(corpus, 5000, folder))
    const files = await run(publishedFiles(manifest))
    const times = await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs))
    expect(await run(publishCorpus(corpus, 6000, folder))).toBe(manifest)
    expect(await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs))).toEqual(times)
    const longer = await run(publishCorpus(corpus, 5_000_000, folder))
    const opened = await run(openPublished(longer, need(5_000_000), false))
    // Across the cut between two files.
    expect(opened.read(2 ** 22 - 7, 20)).toEqual(corpus.read(2 ** 22 - 7, 20))
    expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/\.tmp$/))
  })

  it("leaves alone what another publisher's readers go by", async () => {
    const long = await run(publishCorpus(corpus, 200_000, folder))
    const prepared = { ...corpus, shards: [...corpus.shards, { name: "more.bin", sha256: "0".repeat(64), tokens: 1 }] }
    const short = await run(publishCorpus(prepared, 5000, folder))
    const opened = await run(openPublished(long, need(200_000), false))
    expect(opened.read(150_000, 100)).toEqual(corpus.read(150_000, 100))
    expect((await run(openPublished(short, need(5000), false))).shards).toEqual(prepared.shards)
  })

  it("refuses tokens that were changed, are gone, or do not reach", async () => {
    const manifest = await run(publishCorpus(corpus, 5000, folder))
    expect(await run(Effect.flip(openPublished(manifest, need(200_000), false)))).toMatchObject({
      reason: "CorpusTooShort",
    })
    const [validation] = (await run(publishedFiles(manifest))) as [string]
    const bytes = await readFile(validation)
    bytes[0]! ^= 1
    await writeFile(validation, bytes)
    const changed = await run(Effect.flip(openPublished(manifest, need(5000), false)))
    expect(changed.message).toMatch(/are not those that were published: their hash differs/)
    await rm(validation)
    expect((await run(Effect.flip(openPublished(manifest, need(5000), false)))).message).toMatch(/cannot be read/)
  })
})
