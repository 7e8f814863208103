import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BackendError } from "@ts/backend"
import { Effect, Exit, Scope } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Host } from "../src/host.ts"
import { localHost } from "../src/localHost.ts"
import { sshHost } from "../src/sshHost.ts"
import { itOverSsh, type Sshd, sshdUnavailable, startSshd } from "./sshd.ts"

const run = <A>(effect: Effect.Effect<A, BackendError>) => Effect.runPromise(effect)
const failure = (effect: Effect.Effect<unknown, BackendError>) => Effect.runPromise(Effect.flip(effect))
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8"))
const binary = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256))

/** A path that would break out of any careless quoting. */
const HOSTILE = `it's "$(touch /tmp/tt-broke-out)" \`id\` ; * & #`

const contract = (title: string, test: typeof it, open: () => Promise<Host>) =>
  describe(title, () => {
    let host: Host
    let root: string
    let folder: string
    const at = (...parts: Array<string>) => join(folder, ...parts)
    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), "tt-host-"))
      folder = join(root, HOSTILE)
      host = await open()
    })
    afterAll(() => rmSync(root, { recursive: true, force: true }))

    test("runs commands with any arguments and input, and tells how they end", async () => {
      const words = ["", HOSTILE, "a\nb", "-n"]
      const { stdout, code } = await run(host.run(["printf", "%s|", ...words]))
      expect({ stdout, code }).toEqual({ stdout: words.map((word) => `${word}|`).join(""), code: 0 })
      expect(await run(host.run(["cat"], { stdin: "in\n" }))).toMatchObject({ stdout: "in\n" })
      expect(await run(host.run(["sh", "-c", "echo no >&2; exit 3"]))).toMatchObject({ code: 3, stderr: "no\n" })
      expect(await run(host.run(["no-such-command"]))).toMatchObject({ code: 127 })
      expect(await failure(host.run(["sleep", "60"], { timeoutSeconds: 1 }))).toMatchObject({
        reason: "Unavailable",
        retryable: true,
        message: expect.stringMatching(/sleep.* gave no answer in 1 s/),
      })
    })

    test("writes files whole, their owner's only, and reads them back", async () => {
      await run(
        host.writeFiles([
          { path: at("a", "b", "bytes"), content: binary },
          { path: at("a", "text"), content: "é" },
          { path: at("a", "empty"), content: "" },
          { path: at("a", "script"), content: "#!/bin/sh\n", mode: 0o700 },
        ]),
      )
      await run(host.writeFiles([{ path: at("a", "text"), content: "later" }]))
      expect(readFileSync(at("a", "b", "bytes"))).toEqual(binary)
      expect(Buffer.from((await run(host.readFile(at("a", "b", "bytes"))))!)).toEqual(binary)
      expect(text(await run(host.readFile(at("a", "text"))))).toBe("later")
      expect(text(await run(host.readFile(at("a", "empty"))))).toBe("")
      expect(await run(host.readFile(at("nothing")))).toBeUndefined()
      const mode = (...parts: Array<string>) => statSync(at(...parts)).mode & 0o777
      expect([mode("a"), mode("a", "b"), mode("a", "text"), mode("a", "script")]).toEqual([0o700, 0o700, 0o600, 0o700])
      expect(await run(host.exists(at("a", "text")))).toBe(true)
      expect(await run(host.exists(at("nothing")))).toBe(false)
    })

    test("lists many folders at once", async () => {
      await run(host.writeFiles(["l/1/b", "l/1/a c", "l/2/.draft"].map((name) => ({ path: at(name), content: "" }))))
      expect(await run(host.list([at("l"), at("l/1"), at("l/none"), at("l/2")]))).toEqual([
        ["1", "2"],
        ["a c", "b"],
        [],
        [],
      ])
      await run(host.remove(at("l/1")))
      await run(host.remove(at("l/none")))
      expect(await run(host.list([at("l"), at("l/1")]))).toEqual([["2"], []])
    })

    test("reads what was appended to many files, fairly shared, whatever they hold", async () => {
      mkdirSync(at("j"), { recursive: true })
      const paths = Array.from({ length: 50 }, (_, i) => at("j", `${i} x`))
      for (const [i, path] of paths.entries()) writeFileSync(path, i % 2 === 0 ? binary : `end 0 12\n${i} `)
      writeFileSync(paths[7]!, Buffer.alloc(100_000, 55))
      const positions = paths.map((path, i) => ({ path, offset: i % 3 === 0 ? 0 : 3 }))
      const parts = await run(host.readFrom([{ path: at("none"), offset: 0 }, ...positions], 1))
      for (const [i, { path, offset }] of positions.entries())
        expect(Buffer.from(parts[i]!.bytes)).toEqual(readFileSync(path).subarray(offset, offset + 4096))
      const read = parts.map(({ path, offset, bytes }) => ({ path, offset: offset + bytes.length }))
      expect((await run(host.readFrom(read, 10 ** 6))).map(({ path, bytes }) => [path, bytes.length])).toEqual([
        [paths[7], 100_000 - 4099],
      ])
      truncateSync(paths[0]!, 10)
      writeFileSync(paths[1]!, "torn", { flag: "a" })
      const more = await run(host.readFrom(read, 10 ** 6))
      expect(more.map(({ path, bytes }) => [path, text(bytes)])[0]).toEqual([paths[1], "torn"])
      expect(await run(host.readFrom([], 1))).toEqual([])
    })

    test("copies files there, and leaves alone what is there", async () => {
      const local = at("..", "local")
      writeFileSync(local, Buffer.concat(Array.from({ length: 3000 }, () => binary)))
      await run(host.putFile(local, at("p", "there")))
      expect(readFileSync(at("p", "there")).equals(readFileSync(local))).toBe(true)
      writeFileSync(local, "other")
      await run(host.putFile(local, at("p", "there")))
      expect(statSync(at("p", "there")).size).toBe(3000 * 1024)
      expect((await failure(host.putFile(at("none"), at("p", "none")))).message).toMatch(/none/)
    })

    test("says what a file system refuses", async () => {
      const error = await failure(host.writeFiles([{ path: "/dev/full/x", content: "" }]))
      expect(error).toMatchObject({ field: "shared", reason: "Unavailable" })
      expect(error.message).toMatch(/cannot write \/dev\/full\/x/)
    })
  })

contract("this machine", it, async () => localHost({ timeoutSeconds: 10 }))

const scope = Effect.runSync(Scope.make())
let sshd: Sshd
const opened = (timeoutSeconds = 10) =>
  run(Effect.provideService(sshHost({ ...sshd.host, timeoutSeconds }), Scope.Scope, scope))

beforeAll(async () => {
  if (sshdUnavailable() === undefined) sshd = await startSshd({ GREETING: "hello" })
})
afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  await sshd?.stop()
})

if (sshdUnavailable() === undefined || process.env["CI"]) contract("a login node", itOverSsh, opened)

describe("the connection", () => {
  itOverSsh("is one for all calls, and is made anew when it was cut between or during them", async () => {
    sshd.cut()
    const host = await opened()
    const hello = host.run(["sh", "-c", 'echo "$GREETING"'])
    const all = await run(
      Effect.all(
        Array.from({ length: 30 }, () => hello),
        { concurrency: "unbounded" },
      ),
    )
    expect(all.map(({ stdout }) => stdout)).toEqual(Array(30).fill("hello\n"))
    expect(sshd.cut()).toBe(1)
    // The client may not have noticed yet: then that call fails, and the next one does not.
    const after = Effect.retry(hello, { times: 1, while: ({ retryable }) => retryable })
    expect(await run(after)).toMatchObject({ stdout: "hello\n" })
    const during = failure(host.run(["sleep", "30"]))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sshd.cut()).toBe(1)
    expect(await during).toMatchObject({ reason: "Unavailable", retryable: true, field: "host.ssh" })
    expect(await run(after)).toMatchObject({ stdout: "hello\n" })
  })

  itOverSsh("that a person has to open is opened by the command that the error names, and used", async () => {
    const before = process.env["XDG_RUNTIME_DIR"]
    const runtime = mkdtempSync(join(tmpdir(), "tt-run-"))
    process.env["XDG_RUNTIME_DIR"] = runtime
    const at = sshd.host.options.indexOf("-i")
    const [, key] = sshd.host.options.slice(at)
    const options = sshd.host.options.toSpliced(at, 2)
    const open = sshHost({ ssh: sshd.host.ssh, options, timeoutSeconds: 10 })
    const host = await run(Effect.provideService(open, Scope.Scope, scope))
    try {
      const { message } = await failure(host.run(["true"]))
      expect(message).toMatch(/Permission denied.*; open it by hand: ssh -fNM -S /)
      const command = message.slice(message.indexOf("ssh -fNM"))
      // What stands for a password: the key that the driver was not told.
      execFileSync("sh", ["-c", command.replace("ssh", `ssh -i '${key}'`)], { stdio: "ignore" })
      expect(statSync(join(runtime, "time-transfer")).mode & 0o777).toBe(0o700)
      expect(await run(host.run(["sh", "-c", 'echo "$GREETING"']))).toMatchObject({ stdout: "hello\n" })
      sshd.cut()
      const closed = await failure(Effect.repeat(host.run(["true"]), { times: 20 }))
      expect(closed.message).toMatch(/open it by hand/)
    } finally {
      sshd.cut()
      if (before === undefined) delete process.env["XDG_RUNTIME_DIR"]
      else process.env["XDG_RUNTIME_DIR"] = before
      rmSync(runtime, { recursive: true, force: true })
    }
  })

  itOverSsh("out of reach is said with a way out, and found again", async () => {
    const host = await opened()
    await sshd.pause()
    const error = await failure(host.run(["true"]))
    expect(error).toMatchObject({ reason: "Unavailable", retryable: true, field: "host.ssh" })
    expect(error.message).toMatch(
      /no connection to root@127.0.0.1: .*refused.*; open it by hand: ssh .* root@127.0.0.1$/,
    )
    await sshd.start()
    expect(await run(host.run(["true"]))).toMatchObject({ code: 0 })
  })
})

afterAll(() => expect(() => statSync("/tmp/tt-broke-out")).toThrow())
