import { existsSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type FakeHub, fakeHub } from "../../data/test/hubServer.ts"
import { temporaryFolder, timeTransfer } from "./command.ts"
import { expectRefusal } from "./refused.ts"
import { type Fields, writeStudy } from "./study.ts"

const lines = (count: number) => Array.from({ length: count }, (_, i) => `this is line number ${i}`)
const jsonl = lines(200).map((text) => JSON.stringify({ body: text }))
const text = { tokenizer: "bytes", validation: { tokens: 64, seed: 0 } }

const folder = temporaryFolder()
const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content)
const run = (name: string, data: Fields, env: Record<string, string> = {}, changes: Fields = {}) =>
  timeTransfer(["run", writeStudy(folder, { name, data: { ...text, ...data }, ...changes }, `${name}.json`)], {
    cwd: folder,
    env,
  })

describe.concurrent("a corpus that cannot be had ends with code 3", () => {
  const local: ReadonlyArray<readonly [string, string | Uint8Array | undefined, Fields, ...Array<string>]> = [
    ["missing.txt", undefined, { format: "lines" }, '"missing.txt" does not exist: check the path'],
    ["empty.txt", "", { format: "lines" }, "no text: check the files"],
    ["binary.txt", Uint8Array.from({ length: 4096 }, (_, i) => i % 256), { format: "lines" }, "binary.txt", "binary"],
    [
      "short.txt",
      lines(60).join("\n"),
      { format: "lines" },
      "The corpus has",
      "the horizon of 2048 needs 2049: shorten it, add text, or set repeat: true",
    ],
    [
      "body.jsonl",
      jsonl.join("\n"),
      { format: "jsonl", text: "text" },
      'body.jsonl:1 has no column "text": name one of body',
    ],
    [
      "cut.jsonl.gz",
      gzipSync(jsonl.join("\n")).subarray(0, 300),
      { format: "jsonl", text: "body" },
      "cut.jsonl.gz",
      "ends in the middle of its compressed data: fetch it again",
    ],
  ]
  it.for(local)("%s", async ([name, content, data, ...parts]) => {
    if (content !== undefined) write(name, content)
    expectRefusal(await run(name.replace(/\..*/, ""), { paths: [name], ...data }), 3, ...parts)
  })

  describe("of a hub", () => {
    let hub: FakeHub
    const secret = "hf_do_not_print_me"
    beforeAll(async () => {
      const file = new TextEncoder().encode(jsonl.join("\n"))
      hub = await fakeHub({ "a/b": { commit: "c".repeat(40), branches: ["main"], files: { "train.jsonl": file } } })
      hub.fault = (path) => (path.includes("private/") ? 401 : undefined)
    })
    afterAll(() => hub.close())
    const ask = (name: string, repo: string, rest: Fields = {}, endpoint = hub.url) =>
      run(name, { hub: repo, text: "body", ...rest }, { HF_ENDPOINT: endpoint, HF_TOKEN: secret })

    it("unreachable", async () => {
      // A port that was free a moment ago: nobody answers there.
      const server = createServer().listen(0, "127.0.0.1")
      await new Promise((resolve) => server.once("listening", resolve))
      const { port } = server.address() as AddressInfo
      await new Promise((resolve) => server.close(resolve))
      const ended = await ask("unreachable", "a/b", {}, `http://127.0.0.1:${port}`)
      expectRefusal(ended, 3, `Cannot reach the hub at 127.0.0.1:${port}`, "check the network and HF_ENDPOINT")
    })
    it("401, without printing the token", async () => {
      const ended = await ask("forbidden", "private/b")
      expectRefusal(ended, 3, "private/b", "401", "HF_TOKEN")
      expect(ended.stderr).not.toContain(secret)
      expect(hub.authorizations).toContain(`Bearer ${secret}`)
    })
    it("404", async () => {
      expectRefusal(await ask("unknown", "no/such"), 3, "no/such", /not (found|exist)|no dataset|check/)
    })
    it("a column that is not there", async () => {
      expectRefusal(await ask("column", "a/b", { text: "prose" }), 3, "train.jsonl", 'no column "prose"', "body")
    })
  })
})

it("keeps what is measured when a longer horizon is more than the corpus has", async () => {
  write("enough.txt", lines(200).join("\n"))
  const data = { paths: ["enough.txt"], format: "lines" }
  const first = await run("grow", data)
  expect(first.code, first.stderr).toBe(0)
  expect(existsSync(join(folder, "grow/report.html"))).toBe(true)
  expectRefusal(await run("grow", data, {}, { horizon: [1024, 2048, 2 ** 16] }), 3, "the horizon of 65536")
  const again = await run("grow", data)
  expect(again.stderr).toContain("nothing to train: all 8 readings of 4 runs are there")
})
