/**
 * Training speed of the CPU device beside PyTorch, one thread each, interleaved round by round; best of the rounds.
 *
 *     pnpm exec node --conditions=@ts/source bench/cpu-vs-torch/run.ts [--python FILE] [--rounds N] [--seconds X] [--only NAME]
 */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { cpuAvailability, cpuDevice } from "../../plugins/cpu/src/index.ts"
import { model, prepare, step, tokens } from "../../plugins/cpu/test/model.ts"

interface Config {
  readonly name: string
  readonly d: number
  readonly L: number
  readonly H: number
  readonly V: number
  readonly S: number
  readonly B: number
  readonly alibi: boolean
}

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "0.5" },
    only: { type: "string", default: "" },
    alone: { type: "boolean", default: false },
  },
})
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const configs: readonly Config[] = JSON.parse(readFileSync(here("configs.json"), "utf8"))
const seconds = Number(options.seconds)

/** Tokens per second, best chunk; the steps of a chunk fill about 40 ms. */
const ours = async (config: Config): Promise<number> => {
  const { d, L, H, V, S, B, alibi } = config
  const training = model({
    vocabulary: V,
    sequenceLength: S,
    width: d,
    heads: H,
    layers: L,
    positions: alibi ? "alibi" : "learned",
  })
  const device = await cpuDevice({ threads: 1 })
  const executable = await device.compile(training, { lanes: 1, microBatch: B })
  await prepare(executable, training, 0, 1)
  const batch = tokens(training, B, 1)
  let t = 0
  const chunk = (steps: number) =>
    Array.from({ length: steps }, () => [
      { program: "grad", sequences: B, tokens: [batch] } as const,
      { program: "update", scalars: [step(training, ++t, B * S)] } as const,
    ]).flat()
  const time = async (steps: number): Promise<number> => {
    const calls = chunk(steps)
    const start = performance.now()
    await executable.run(calls)
    return (performance.now() - start) / 1000 / steps
  }
  const first = await time(1)
  const steps = Math.max(1, Math.round(0.04 / first))
  let best = Number.POSITIVE_INFINITY
  for (const start = performance.now(); performance.now() - start < seconds * 1000; )
    best = Math.min(best, await time(steps))
  executable.dispose()
  return (B * S) / best
}

const cpuInstructionSets = (): readonly string[] => {
  const availability = cpuAvailability()
  return availability.available ? availability.instructionSets : []
}

/** The peer at its best: this OpenBLAS knows AVX-512 only as SkylakeX and takes its AVX2 kernels on other machines. */
const blas = cpuInstructionSets().includes("avx512") ? { OPENBLAS_CORETYPE: "SKYLAKEX" } : {}

const startTorch = () => {
  const child = spawn(options.python, [here("../peers/torch_gpt.py")], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...blas, ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", OMP_WAIT_POLICY: "passive" },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let version = ""
  return {
    measure: async (config: Config): Promise<number> => {
      child.stdin.write(`${JSON.stringify({ ...config, seconds })}\n`)
      const { value, done } = await lines.next()
      if (done)
        throw new Error(
          `${options.python} has no torch; on Debian: apt-get install python3-torch, --python /usr/bin/python3`,
        )
      const answer = JSON.parse(value)
      version = answer.torch
      return answer.tokensPerSecond
    },
    version: () => version,
    stop: () => child.stdin.end(),
  }
}

/** FLOPs per token of a training step: 6 a weight, and causal attention counted in full. */
const flops = ({ d, L, V, S }: Config) => 6 * (12 * L * d * d + d * V) + 12 * L * S * d

const { info } = await cpuDevice({ threads: 1 })
const torch = options.alone ? undefined : startTorch()
console.log(`${info.name}, ${info.numericsId}; calibration ${(info.flopsPerSecond! / 1e9).toFixed(0)} GFLOP/s`)
console.log(
  "config".padEnd(18),
  "cpu tok/s".padStart(10),
  "GFLOP/s".padStart(9),
  "torch tok/s".padStart(12),
  "ratio".padStart(7),
)
for (const config of configs.filter(({ name }) => name.includes(options.only))) {
  let mine = 0
  let theirs = 0
  for (let round = 0; round < Number(options.rounds); round++) {
    mine = Math.max(mine, await ours(config))
    if (torch !== undefined) theirs = Math.max(theirs, await torch.measure(config))
  }
  console.log(
    config.name.padEnd(18),
    mine.toFixed(0).padStart(10),
    ((mine * flops(config)) / 1e9).toFixed(1).padStart(9),
    theirs.toFixed(0).padStart(12),
    (mine / theirs).toFixed(2).padStart(7),
  )
}
torch?.stop()
if (torch !== undefined) console.log(`torch ${torch.version()}, one thread each`)
