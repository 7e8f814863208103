/** For the tests here: a Python with torch, orders, and a conversation with the trainer. */
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { type Assignment, fileCheckpoints, type RunEvent, RunSpec, type RunSpecInput } from "@ts/backend"
import { DataSource } from "@ts/data"
import { type Message, makeListener, makePublishing, type Order, orderRuns, type TrainOrder } from "@ts/worker"
import { Effect, Layer, Schema } from "effect"
import { afterAll } from "vitest"

const candidates = [process.env["TORCH_PYTHON"], "python3", "/usr/bin/python3"].filter((name) => name !== undefined)
const found = candidates.find((name) => spawnSync(name, ["-c", "import torch"]).status === 0)
if (found === undefined) {
  const why = `no Python with torch: tried ${candidates.join(", ")}; install python3-torch or set TORCH_PYTHON`
  if (process.env["CI"]) throw new Error(why)
  console.warn(`skipped: ${why}`)
}
export const torch = found !== undefined
export const python = found ?? "python3"
export const trainer = fileURLToPath(new URL("trainer.py", import.meta.url))

const folders: Array<string> = []
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "tt-pytorch-"))
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

/** Twice as wide as its base, so that the plan's multipliers are not 1. */
const small: RunSpecInput = {
  model: { d_model: 32, n_layers: 2, n_heads: 4, max_seq_len: 16, vocab_size: 64 },
  parametrisation: { kind: "mup", baseWidth: 16 },
  optimizer: { kind: "adamw", weightDecay: 0.01, decay: "independent" },
  eta: 2 ** -7,
  schedule: { kind: "constant_with_warmup", warmup: 512 },
  batch: { kind: "constant", tokens: 128 },
  data: {
    source: { kind: "synthetic", vocabulary: 64, order: 1, seed: 1 },
    tokenizer: { kind: "none" },
    validation: { tokens: 512, seed: 1 },
    seed: 1,
  },
  seed: 1,
}

export const assignmentOf = (spec: Partial<RunSpecInput> = {}, readings: Partial<Assignment> = {}): Assignment => ({
  spec: Schema.decodeUnknownSync(RunSpec)({ ...small, ...spec }),
  until: 16384,
  evaluateAt: [4096, 8000, 16384],
  checkpointAt: [],
  averages: [],
  logEvery: 128,
  ...readings,
})

export const checkpointsIn = (folder: string) => fileCheckpoints(folder).pipe(Layer.provide(NodeServices.layer))

/** An order to train, as a driver writes it: its tokens lie in a folder of their own, its checkpoints in another. */
export const orderOf = async (assignment: Assignment, checkpoints = temporaryFolder()): Promise<TrainOrder> => {
  const ordered = Effect.gen(function* () {
    const publishing = yield* makePublishing("pytorch", temporaryFolder())
    return yield* orderRuns([assignment], ["data", "plan"], publishing)
  })
  const runs = await Effect.runPromise(Effect.provide(ordered, DataSource.layer()))
  return { protocol: 1, do: "train", runs, checkpoints, numerics: await numerics() }
}

export interface Conversation {
  readonly messages: ReadonlyArray<Message>
  readonly events: ReadonlyArray<RunEvent>
  /** As they came, for a journal. */
  readonly output: string
  readonly code: number | null
}

/** What the trainer answers; a message that `stopAt` is true of has it sent a SIGTERM. */
export const converse = (
  order: Order | { readonly protocol: number; readonly do: string },
  stopAt: (message: Message) => boolean = () => false,
  environment: Readonly<Record<string, string>> = {},
): Promise<Conversation> =>
  new Promise((resolve, reject) => {
    const child = spawn(python, [trainer], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    })
    const listener = makeListener()
    const messages: Array<Message> = []
    let output = ""
    child.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString()
      for (const message of listener.hear(bytes)) {
        messages.push(message)
        if (stopAt(message)) child.kill("SIGTERM")
      }
    })
    child.on("error", reject)
    child.on("close", (code) => {
      const events = messages.flatMap((message) => (message._tag === "Event" ? [message.event] : []))
      resolve({ messages, events, output, code })
    })
    child.stdin.end(JSON.stringify(order))
  })

/** What the trainer announces, asked once. */
let announced: Promise<Readonly<Record<string, string>>> | undefined
const numerics = () => {
  announced ??= converse({ protocol: 1, do: "describe" }).then(({ messages: [hello] }) =>
    hello?._tag === "Hello" ? hello.capabilities.numerics : {},
  )
  return announced
}
