import { spawn, spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import {
  type Assignment,
  Backend,
  type CheckpointRef,
  CheckpointStore,
  type RunEvent,
  type RunSpecInput,
} from "@ts/backend"
import { CpuBackend } from "@ts/backend-cpu"
import { DataSource } from "@ts/data"
import type { PlanDocument } from "@ts/mup"
import { makeListener } from "@ts/worker"
import { Effect, Layer, Stream } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import {
  assignmentOf,
  type Conversation,
  checkpointsIn,
  converse,
  orderOf,
  python,
  temporaryFolder,
  torch,
  trainer,
} from "./testing.ts"

const cpu = CpuBackend.layerWith({ threads: 1 }).pipe(Layer.provide(DataSource.layer()))

/** The same run by the CPU backend. */
const byCpu = (assignment: Assignment, folder: string): Promise<ReadonlyArray<RunEvent>> =>
  Effect.gen(function* () {
    return yield* Stream.runCollect((yield* Backend).train([assignment]))
  }).pipe(Effect.provide([cpu, checkpointsIn(folder)]), Effect.runPromise)

/** Losses and gradient norms by what they are of. */
const numbers = (events: ReadonlyArray<RunEvent>): ReadonlyMap<string, number> =>
  new Map(
    events.flatMap((event): ReadonlyArray<readonly [string, number]> => {
      if (event._tag === "Evaluated") return [[`validation at ${event.requested}`, event.loss]]
      if (event._tag !== "Stepped") return []
      return [
        [`loss at ${event.tokens}`, event.loss],
        [`gradient norm at ${event.tokens}`, event.gradientNorm],
      ]
    }),
  )

const checkpointsOf = (events: ReadonlyArray<RunEvent>): ReadonlyArray<CheckpointRef> =>
  events.flatMap((event) => (event._tag === "Checkpointed" ? [event.checkpoint] : []))

const worstDifference = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number =>
  Math.max(...[...a].map(([what, value]) => Math.abs(b.get(what)! - value) / value))

const journal = (folder: string, name: string, content: string) => writeFileSync(join(folder, name), content)

describe.skipIf(!torch)("the PyTorch trainer", { timeout: 120_000 }, () => {
  const model = { d_model: 32, n_layers: 2, n_heads: 4, max_seq_len: 16, vocab_size: 64 }

  it.each<readonly [string, Partial<RunSpecInput>]>([
    ["muP at twice its base width, ALiBi, tied, independent decay", {}],
    [
      "muP at twice its base width, rotary, untied, no biases, coupled decay, no clip, an epsilon that is felt",
      {
        model: { ...model, positions: "rope", tie_word_embeddings: false, no_bias: true, qk_ln: true },
        optimizer: { kind: "adamw", weightDecay: 0.1, decay: "coupled-to-lr", eps: 1e-3, clip: null },
      },
    ],
    [
      "CompleteP at twice its base width and depth, learned positions, six heads",
      {
        model: { ...model, d_model: 48, n_heads: 6, positions: "learned", zero_readout: true, expansion_ratio: 2.5 },
        parametrisation: { kind: "completep", baseWidth: 24, baseDepth: 1 },
        schedule: { kind: "warmup_stable_decay", warmup: 512, decayStart: 8192, horizon: 16384, shape: "1-sqrt" },
      },
    ],
    [
      "muP at twice its base width, six heads of ALiBi",
      {
        model: { ...model, d_model: 48, n_heads: 6, tie_word_embeddings: false, emb_init_std: 1 },
        parametrisation: { kind: "mup", baseWidth: 24 },
      },
    ],
  ])("goes on from a CPU checkpoint with the CPU's numbers: %s", async (name, spec) => {
    const folder = temporaryFolder()
    const assignment = assignmentOf(spec, { checkpointAt: [128] })
    const events = await byCpu(assignment, folder)
    const [resume] = checkpointsOf(events)
    const { checkpointAt: _, ...rest } = assignment
    const order = await orderOf({ ...rest, checkpointAt: [], resume: resume!, acceptOtherNumerics: true }, folder)
    const answer = await converse(order)
    expect(answer.events[0]).toMatchObject({ _tag: "Started", tokens: 128, resumedFrom: resume })
    expect(answer.messages.at(-1)).toMatchObject({ _tag: "End", how: "done" })
    const [theirs, ours] = [numbers(answer.events), numbers(events)]
    expect(theirs.size).toBe(ours.size - 2)
    const worst = worstDifference(theirs, ours)
    console.log(`${name}: differs from the CPU backend by at most ${worst.toExponential(1)} over 127 steps`)
    expect(worst).toBeLessThan(1e-5)
  })

  it("writes checkpoints that the CPU backend goes on from", async () => {
    const folder = temporaryFolder()
    const assignment = assignmentOf({}, { checkpointAt: [128] })
    const { events } = await converse(await orderOf(assignment, folder))
    const resume = checkpointsOf(events)[0]!
    const theirs = await byCpu({ ...assignment, checkpointAt: [], resume, acceptOtherNumerics: true }, folder)
    expect(theirs[0]).toMatchObject({ tokens: 128 })
    expect(worstDifference(numbers(theirs), numbers(events))).toBeLessThan(1e-5)
  })

  describe("under a plan", () => {
    const spec = (decay: "independent" | "coupled-to-lr"): Partial<RunSpecInput> => ({
      model: { ...model, d_model: 64, tie_word_embeddings: false },
      parametrisation: { kind: "completep", baseWidth: 16, baseDepth: 1, alpha: 0.5 },
      optimizer: { kind: "adamw", weightDecay: 0.1, decay, eps: 1e-6 },
    })
    /** What Python finds with `order`, `model` and `optimizer` at hand. */
    const inPython = async (decay: "independent" | "coupled-to-lr", expression: string) => {
      const order = await orderOf(assignmentOf(spec(decay)))
      const program = [
        "import json, sys",
        "from trainer import *",
        "order = json.load(sys.stdin)",
        "run = order['runs'][0]",
        "spec, plan = run['assignment']['spec'], run['plan']",
        "model = Decoder(spec['model'], plan)",
        "initialise(model, plan, spec['seed'])",
        "optimizer = adamw(model, plan, spec)",
        "names = {id(weight): name for name, weight in model.named_parameters()}",
        `print(json.dumps(${expression}))`,
      ].join("\n")
      const cwd = join(trainer, "..")
      const { stdout, stderr, status } = spawnSync(python, ["-c", program], { cwd, input: JSON.stringify(order) })
      if (status !== 0) throw new Error(stderr.toString())
      return { plan: order.runs[0].plan as unknown as PlanDocument, answer: JSON.parse(stdout.toString()) }
    }

    it("starts every tensor with its standard deviation", async () => {
      const { plan, answer } = await inPython(
        "independent",
        "{name: [w.mean().item(), w.std(unbiased=False).item(), w.numel()] for name, w in model.named_parameters()}",
      )
      expect(Object.keys(answer).sort()).toEqual(plan.tensors.map(({ name }) => name).sort())
      for (const { name, init } of plan.tensors) {
        const [mean, std, size] = answer[name]
        if ("constant" in init) expect([name, mean, std]).toEqual([name, init.constant, 0])
        else expect(Math.abs(std / init.std - 1), name).toBeLessThan(5 / Math.sqrt(2 * size))
      }
    })

    it.each(["independent", "coupled-to-lr"] as const)(
      "gives every group its rate, %s decay and epsilon",
      async (decay) => {
        const { plan, answer } = await inPython(
          decay,
          "[[[names[id(w)] for w in g['params']], g['lr_multiplier'], g['eps'], g['weight_decay']] for g in optimizer.param_groups]",
        )
        const groups = plan.parameter_groups.adamw[decay]
        expect(groups.length).toBeGreaterThan(2)
        expect(answer).toEqual(
          groups.map((group) => [
            group.params,
            group.lr_multiplier,
            1e-6 * group.eps_multiplier!,
            // torch takes away rate times decay; independent: 0.1 at the peak, whatever the rate.
            (0.1 * group.weight_decay_multiplier) / (decay === "independent" ? 2 ** -7 * group.lr_multiplier : 1),
          ]),
        )
      },
    )
  })

  describe("stopped by a signal", () => {
    const assignment = assignmentOf({}, { until: 32768, evaluateAt: [4096, 8000, 16384, 32768], checkpointAt: [4096] })
    let whole: Conversation
    beforeAll(async () => {
      whole = await converse(await orderOf(assignment))
    })

    it("goes on to the bit, and tells nothing twice", async () => {
      const [folder, journals] = [temporaryFolder(), temporaryFolder()]
      const order = { ...(await orderOf(assignment, folder)), journals }
      const heard: Array<RunEvent> = []
      for (const [attempt, tokens] of [2048, 4096, 8064, 20096, undefined].entries()) {
        const answer = await converse(
          order,
          (message) => message._tag === "Event" && message.event._tag === "Stepped" && message.event.tokens === tokens,
        )
        const how = tokens === undefined ? "done" : "stopped"
        expect(answer.messages.at(-1)).toMatchObject({ _tag: "End", how })
        expect(answer.code).toBe(how === "done" ? 0 : 75)
        const [started] = answer.events
        expect(started?.tokens).toBe(checkpointsOf(heard).at(-1)?.tokens ?? 0)
        heard.push(...answer.events)
        journal(journals, `${attempt}.jsonl`, answer.output)
      }
      const story = heard.filter(({ _tag }) => _tag !== "Started" && _tag !== "Checkpointed")
      expect(new Set(story.map((event) => JSON.stringify(event))).size).toBe(story.length)
      expect(story).toEqual(whole.events.filter(({ _tag }) => _tag !== "Started" && _tag !== "Checkpointed"))
      const after = await converse(order)
      expect(after.messages.map(({ _tag }) => _tag)).toEqual(["Hello", "End"])
    })

    it("does not believe a line whose end is missing, and reads on behind one that is torn", async () => {
      const [folder, journals] = [temporaryFolder(), temporaryFolder()]
      const order = { ...(await orderOf(assignment, folder)), journals }
      const lines = whole.output.split("\n")
      const reading = (requested: number) => lines.find((line) => line.includes(`"requested": ${requested},`))!
      journal(journals, "1.jsonl", `${reading(4096)}\n{"seq": 7, "_tag": "Ev${reading(8000)}\n${reading(16384)}\n`)
      journal(journals, "2.jsonl", reading(32768))
      const { events } = await converse(order)
      const told = events.flatMap((event) => (event._tag === "Evaluated" ? [event.requested] : []))
      expect(told).toEqual([8000, 32768])
    })

    it("keeps what it reached when nobody listens any more", async () => {
      const folder = temporaryFolder()
      const order = await orderOf(assignmentOf({}, { until: 2 ** 20, evaluateAt: [] }), folder)
      const child = spawn(python, [trainer], { stdio: ["pipe", "pipe", "ignore"] })
      child.stdin.end(JSON.stringify(order))
      child.stdout.on("data", (bytes) => {
        if (bytes.includes("Stepped")) child.stdout.destroy()
      })
      const code = await new Promise((resolve) => child.on("exit", resolve))
      expect(code).toBe(75)
      const [kept] = (await readdir(join(folder, order.runs[0].runId))).filter((name) => name.endsWith(".json"))
      expect(kept).toBeDefined()
    })

    it("writes no checkpoint and says no word once another attempt goes on", async () => {
      const [folder, journals] = [temporaryFolder(), temporaryFolder()]
      writeFileSync(join(journals, "attempt"), "second\n")
      const order = { ...(await orderOf(assignment, folder)), journals }
      const answer = await converse(order, () => false, { TIME_TRANSFER_ATTEMPT: "first" })
      expect(answer.code).toBe(1)
      expect(answer.messages.at(-1)?._tag).toBe("Event")
      expect(checkpointsOf(answer.events)).toEqual([])
    })
  })

  describe("refuses", () => {
    it.each([
      ["another protocol", { protocol: 2, do: "describe" }, "protocol"],
      ["what it does not know", { protocol: 1, do: "dance" }, "do"],
    ])("%s", async (_, order, field) => {
      const { messages, code } = await converse(order)
      expect(messages.map(({ _tag }) => _tag)).toEqual(["Hello", "Error"])
      expect(messages[1]).toMatchObject({ reason: "Unsupported", field, retryable: false })
      expect(code).toBe(1)
    })

    it.each<readonly [string, Assignment]>([
      ["schedule.kind", assignmentOf({ schedule: { kind: "cosine", warmup: 0, horizon: 16384 } })],
      ["batch.kind", assignmentOf({ batch: { kind: "steps", pieces: [{ from: 0, tokens: 64 }] } })],
      ["optimizer.kind", assignmentOf({ optimizer: { kind: "sgd", decay: "independent" } })],
      ["precision", assignmentOf({ precision: "f64" })],
      ["averages", assignmentOf({}, { averages: [0.9] })],
    ])("%s that it does not offer", async (field, assignment) => {
      const { runs } = await orderOf(assignment)
      const { messages } = await converse({ protocol: 1, do: "check", runs })
      expect(messages[1]).toMatchObject({ _tag: "Error", reason: "Unsupported", field })
    })

    it("numbers other than its own", async () => {
      const order = await orderOf(assignmentOf())
      const { messages } = await converse({ ...order, numerics: { f32: "another" } })
      expect(messages[1]).toMatchObject({ _tag: "Error", reason: "Unavailable", field: "numerics" })
    })

    it("tokens that are not what the manifest says, before it trains", async () => {
      const order = await orderOf(assignmentOf())
      const manifest = order.runs[0].data!
      const { shards } = JSON.parse(await readFile(manifest, "utf8"))
      const shard = join(manifest, "..", shards[0].name)
      const tokens = await readFile(shard)
      tokens[100]! ^= 1
      await writeFile(shard, tokens)
      const { messages } = await converse(order)
      expect(messages.map(({ _tag }) => _tag)).toEqual(["Hello", "Error"])
      expect(messages[1]).toMatchObject({ reason: "Data", field: "data" })
    })

    it("a checkpoint that is not what its name says", async () => {
      const folder = temporaryFolder()
      const assignment = assignmentOf({}, { until: 1024, evaluateAt: [], checkpointAt: [128] })
      const resume = checkpointsOf((await converse(await orderOf(assignment, folder))).events)[0]!
      await Effect.runPromise(
        Effect.provide(
          CheckpointStore.use((store) => store.get(resume)),
          checkpointsIn(folder),
        ),
      )
      const file = join(folder, resume.runId, `${resume.hash}.safetensors`)
      const bytes = await readFile(file)
      bytes[bytes.length - 1]! ^= 1
      await writeFile(file, bytes)
      const { messages } = await converse(await orderOf({ ...assignment, checkpointAt: [], resume }, folder))
      expect(messages.at(-1)).toMatchObject({ _tag: "Error", reason: "Checkpoint", field: "resume" })
    })
  })

  it("says that it is alive where it has nothing to tell, and keeps what is printed out of its messages", () => {
    const program = [
      "import protocol, time",
      "protocol.ALIVE_SECONDS = 0.5",
      "output = protocol.Output()",
      "print('talk')",
      "time.sleep(3.5)",
    ].join("\n")
    const { stdout, stderr } = spawnSync(python, ["-c", program], { cwd: join(trainer, "..") })
    const said = makeListener().hear(stdout)
    expect(said.length).toBeGreaterThanOrEqual(2)
    expect(new Set(said.map(({ _tag }) => _tag))).toEqual(new Set(["Alive"]))
    expect(stderr.toString()).toContain("talk\n")
  })

  it("tells of a run that diverges, and ends well", async () => {
    const { events, messages } = await converse(await orderOf(assignmentOf({ eta: 1e6 })))
    expect(events.at(-1)?._tag).toBe("Diverged")
    expect(messages.at(-1)).toMatchObject({ _tag: "End", how: "done" })
  })
})
