/** What a worker may do wrong, and what its user is told. */
import { existsSync, readFileSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { Backend, memoryCheckpoints } from "@ts/backend"
import { fixtureStudy } from "@ts/backend-conformance"
import { DataSource } from "@ts/data"
import { PROTOCOL } from "@ts/worker"
import { Effect, Fiber, Layer, Stream } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { converse } from "../src/child.ts"
import { ProcessBackend, type ProcessOptions } from "../src/index.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tt-child-"))
})
afterAll(() => rm(folder, { recursive: true }))

const capabilities = {
  ...{ backend: "toy", device: "none", numerics: { f32: "toy" }, maxLanes: 1, concurrency: 1, deterministic: true },
  ...{ branching: false, checkpoints: false, averages: false, noiseScale: false, synthetic: true, maxima: {} },
}
const hello = JSON.stringify({ seq: 1, _tag: "Hello", protocol: 1, worker: "toy", needs: [], capabilities })

/** A worker in plain sh: it describes itself well, and trains as the lines say. */
const worker = async (name: string, lines: ReadonlyArray<string>) => {
  const file = join(folder, `${name}.sh`)
  const script = [
    "order=$(cat)",
    `echo '${hello}'`,
    `case "$order" in *'"do":"train"'*) ;; *) echo '{"seq":2,"_tag":"End","how":"done"}'; exit 0;; esac`,
    ...lines,
  ]
  await writeFile(file, `${script.join("\n")}\n`)
  return ["sh", file] as const
}

const layerOf = (options: ProcessOptions) =>
  Layer.merge(ProcessBackend.layerWith(options).pipe(Layer.provide(DataSource.layer())), memoryCheckpoints)

const train = (options: ProcessOptions) =>
  Backend.use((backend) => Stream.runCollect(backend.train([fixtureStudy().assignment()]))).pipe(
    Effect.provide(layerOf(options)),
  )
const errorOf = (options: ProcessOptions) => Effect.runPromise(Effect.flip(train(options)))

/** What a process wrote about itself, once it has. */
const pidIn = async (file: string): Promise<number> => {
  while (!readFileSync(file, { encoding: "utf8", flag: "a+" }).includes("\n")) await delay(10)
  return Number(readFileSync(file, "utf8"))
}

/** Whether it does; one that has ended may still wait to be noticed by its parent. */
const runs = (pid: number): boolean => {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : undefined
  return stat !== undefined && !/^\d+ \(.*\) Z/.test(stat)
}

describe("a worker that", () => {
  it.each<[string, ReadonlyArray<string>, object]>([
    [
      "crashes",
      ["echo 'CUDA error: out of memory' >&2", "exit 3"],
      { reason: "Device", retryable: true, message: /ended with code 3; it said last: CUDA error: out of memory/ },
    ],
    ["is killed", ["kill -9 $$"], { reason: "Device", retryable: true, message: /ended with SIGKILL/ }],
    [
      "prints what is no message",
      ["echo 'epoch 1 loss 2.3'", "sleep 60"],
      { reason: "Device", retryable: false, message: /does not speak the protocol: line 2 .*epoch 1 loss 2.3/ },
    ],
    [
      "says what is wrong",
      [`echo '{"seq":2,"_tag":"Error","reason":"Unsupported","message":"no rope","retryable":false,"field":"model"}'`],
      { reason: "Unsupported", retryable: false, message: /^no rope$/, field: "model" },
    ],
    [
      "was stopped from outside",
      [`echo '{"seq":2,"_tag":"End","how":"stopped"}'`, "exit 75"],
      { reason: "Device", retryable: true, message: /was stopped from outside/ },
    ],
  ])("%s gives an error that says so", async (name, lines, { message, ...fields }: { message?: RegExp }) => {
    const error = await errorOf({ command: await worker(name.replaceAll(" ", "-"), lines) })
    expect(error).toMatchObject({ _tag: "BackendError", ...fields })
    expect(error.message).toMatch(message!)
  })

  it("cannot be started, or is none, is refused before anything is trained", async () => {
    expect(await errorOf({ command: ["no-such-trainer"] })).toMatchObject({
      reason: "Unavailable",
      message: expect.stringMatching(/there is no program no-such-trainer; install it/),
    })
    expect(await errorOf({ command: ["sh", "-c", "cat >/dev/null"] })).toMatchObject({
      reason: "Device",
      message: expect.stringMatching(/ended with code 0/),
    })
    const newer = hello.replace('"protocol":1', '"protocol":2')
    const command = ["sh", "-c", `cat >/dev/null; echo '${newer}'; echo '{"seq":2,"_tag":"End","how":"done"}'`] as const
    expect(await errorOf({ command })).toMatchObject({
      reason: "Unsupported",
      message: expect.stringMatching(/speaks protocol 2, not 1/),
    })
  })

  it("ignores a signal is killed after its time to stop, with nobody left behind", async () => {
    const pidFile = join(folder, "pid")
    const stubborn = await worker("stubborn", ["trap '' TERM", `echo $$ > ${pidFile}`, "while :; do sleep 0.05; done"])
    const fiber = Effect.runFork(train({ command: stubborn, graceMillis: 200 }))
    const pid = await pidIn(pidFile)
    expect(runs(pid)).toBe(true)
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect(runs(pid)).toBe(false)
  })

  it("leaves a trainer of its own behind is ended with it", { timeout: 10_000 }, async () => {
    const pidFile = join(folder, "trainer")
    // What a shell starts does not get the shell's signals.
    const wrapper = await worker("wrapper", [
      `sh -c 'trap "" TERM; echo $$ > ${pidFile}; while :; do sleep 0.05; done' &`,
      "wait",
    ])
    const fiber = Effect.runFork(train({ command: wrapper, graceMillis: 200 }))
    const pid = await pidIn(pidFile)
    expect(runs(pid)).toBe(true)
    await Effect.runPromise(Fiber.interrupt(fiber))
    await expect.poll(() => runs(pid)).toBe(false)
  })

  it("hands a signal to the trainer that its shell started, and lets it write its checkpoint", async () => {
    const pidFile = join(folder, "writer")
    const kept = join(folder, "kept")
    const wrapper = await worker("writes", [
      `sh -c 'trap "sleep 0.5; : > ${kept}; exit 75" TERM; echo $$ > ${pidFile}; while :; do sleep 0.05; done'`,
    ])
    const fiber = Effect.runFork(train({ command: wrapper }))
    await pidIn(pidFile)
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect(existsSync(kept)).toBe(true)
  })

  it("never says a word is given up, when asked what it can do and while it trains", { timeout: 15_000 }, async () => {
    const silent = { reason: "Device", message: expect.stringMatching(/said nothing for 0\.3 s/) }
    const mute = { command: ["sleep", "1000"], silenceMillis: 300 } as const
    expect(await errorOf(mute)).toMatchObject({ ...silent, retryable: false })
    const command = await worker("silent", ["exec sleep 1000"])
    expect(await errorOf({ command, silenceMillis: 300 })).toMatchObject({ ...silent, retryable: true })
  })

  it("ends while something that it started holds its output is not waited for", { timeout: 10_000 }, async () => {
    const done = `echo '{"seq":2,"_tag":"End","how":"done"}'`
    const command = await worker("holds", ["sleep 1000 &", done])
    await Effect.runPromise(train({ command }))
    const crashed = await worker("holds-crashed", ["sleep 1000 &", "exit 3"])
    expect(await errorOf({ command: crashed })).toMatchObject({ message: expect.stringMatching(/ended with code 3/) })
  })

  it("says more than its driver takes has to wait", { timeout: 20_000 }, async () => {
    const progress = join(folder, "progress")
    const script = [
      "cat > /dev/null; n=1",
      `while [ $n -lt 3000 ]; do echo '{"seq":'$n',"_tag":"Alive"${" ".repeat(1000)}}'; n=$((n + 1)); echo $n > ${progress}; done`,
      `echo '{"seq":'$n',"_tag":"End","how":"done"}'`,
    ]
    const said = () => Number(readFileSync(progress, { encoding: "utf8", flag: "a+" }))
    let atRest = 0
    /** Takes the first message, and no more until the worker stands still. */
    const takeAll = Stream.runFoldEffect(
      converse({ command: ["sh", "-c", script.join("\n")] }, { protocol: PROTOCOL, do: "describe" }),
      () => 0,
      (taken) =>
        Effect.promise(async () => {
          for (let now = said(); taken === 0 && (now === 0 || now !== atRest); now = said()) {
            atRest = now
            await delay(300)
          }
          return taken + 1
        }),
    )
    expect(await Effect.runPromise(takeAll)).toBe(2999)
    expect(atRest).toBeLessThan(2000)
  })

  it("holds words with spaces and shell characters gets them as they are", async () => {
    const odd = ["a b", "$(touch x)", "'; exit 9 #", '"'] as const
    const script = `cat >/dev/null; printf '%s\\n' "$@" > '${join(folder, "seen")}'; echo '${hello}'; echo '{"seq":2,"_tag":"End","how":"done"}'`
    await Effect.runPromise(Effect.ignore(train({ command: ["sh", "-c", script, "sh", ...odd] })))
    expect(readFileSync(join(folder, "seen"), "utf8")).toBe(`${odd.join("\n")}\n`)
  })
})
