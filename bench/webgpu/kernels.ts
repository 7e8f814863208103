/**
 * Where a training step spends its time on an adapter, kernel by kernel: every dispatch in a pass of its own, between two timestamps.
 * Best of the steps, dispatch by dispatch.
 *
 *     pnpm exec node --conditions=@ts/source bench/webgpu/kernels.ts --driver lavapipe [--width 64] [--length 64] [--steps 7]
 *
 * `--kernels subgroups`, `cooperative` or `independent`: other kernels than the adapter would get by itself. `--of jax` or `tfjs`: the time in kernels of a peer,
 * which has no names for them.
 */
import { parseArgs } from "node:util"
import { costOf, type Op, type Training } from "../../packages/program/src/index.ts"
import { importBundled } from "./bundle.ts"
import { peerNames, requireOneOf } from "./choice.ts"
import { batchesOf, type Contestant, configOf, initialOf, oursWith, trainingOf } from "./compare.ts"
import { type Kernels, kernelKinds } from "./kernelKinds.ts"
import { nodeGpu } from "./nodeGpu.ts"
import { productRate } from "./productRate.ts"
import { profiled } from "./profile.ts"

const { values: options } = parseArgs({
  options: {
    driver: { type: "string" },
    width: { type: "string", default: "64" },
    length: { type: "string", default: "64" },
    steps: { type: "string", default: "7" },
    kernels: { type: "string" },
    of: { type: "string", default: "ours" },
  },
})

interface Row {
  readonly name: string
  count: number
  milliseconds: number
  flops: number
}

/** What a dispatch is of: the next operation of the kind that its label names, unless it is another part of the one before. */
const namer = (training: Training, rows: number) => {
  const shapes = new Map(training.buffers.map(({ name, shape }) => [name, shape]))
  const shapeOf = ({ inputs }: Op) =>
    inputs["weight"] === undefined ? "" : ` ${shapes.get(inputs["weight"])!.join("x")}`
  const left = [...training.grad]
  let current: Op | undefined
  let seen = new Set<string>()
  return (label: string): { readonly name: string; readonly flops: number } => {
    const [kind] = label.split(",")
    if (current?.kind !== kind || seen.has(label)) {
      const next = left.findIndex((op) => op.kind === kind)
      current = next < 0 ? undefined : left.splice(next, 1)[0]
      seen = new Set()
    }
    seen.add(label)
    if (current === undefined) return { name: label || "without a name", flops: 0 }
    const { flops } = costOf(current, training, { rows })
    // Two products of the same size.
    if (kind === "linear_backward")
      return { name: `${label}${shapeOf(current)}`, flops: label.includes("dbias") ? 0 : flops / 2 }
    return { name: `${label}${shapeOf(current)}`, flops: kind === "linear" ? flops : 0 }
  }
}

requireOneOf("--of", options.of, ["ours", ...peerNames])
const gpu = nodeGpu(options.driver)
if (options.kernels !== undefined) requireOneOf("--kernels", options.kernels, await kernelKinds({ gpu }))
const config = configOf(Number(options.width), Number(options.length))
const training = trainingOf(config)
const batches = batchesOf(training, config)
const { gpu: timing, take } = profiled(gpu)
// Peers ask for it themselves.
Object.defineProperty(globalThis.navigator, "gpu", { value: timing, configurable: true })
const contestant = async (): Promise<Contestant> => {
  if (options.of === "ours")
    return oursWith(options.kernels === undefined ? {} : { kernels: options.kernels as Kernels })
  const { peers } = (await importBundled("peers/index.js")) as { readonly peers: Readonly<Record<string, Contestant>> }
  return peers[options.of]
}
const session = await (await contestant()).start(config, initialOf(training))
await session.run(batches.slice(0, 1))
await take()
const steps = []
const walls: number[] = []
for (let i = 0; i < Number(options.steps); i++) {
  const began = performance.now()
  await session.run(batches.slice(0, 1))
  walls.push(performance.now() - began)
  steps.push(await take())
}
const tokens = config.sequences * config.sequenceLength
const nameOf = namer(training, tokens)
const rows = new Map<string, Row>()
for (const [i, { label }] of steps[0]!.entries()) {
  const { name, flops } = nameOf(label)
  const row = rows.get(name) ?? { name, count: 0, milliseconds: 0, flops: 0 }
  row.count++
  row.milliseconds += Math.min(...steps.map((step) => step[i]!.nanoseconds)) / 1e6
  row.flops += flops
  rows.set(name, row)
}
const total = [...rows.values()].reduce((sum, { milliseconds }) => sum + milliseconds, 0)
const adapter = await gpu.requestAdapter()
console.log(
  `${adapter!.info.description}: ${total.toFixed(1)} ms a step in ${steps[0].length} dispatches, ${Math.min(...walls).toFixed(1)} ms of wall clock with timestamps`,
)
console.log(
  `width ${config.width}, ${tokens} tokens; a plain product with 4 x 4 registers: ${(await productRate(adapter!)).toFixed(2)} GFLOP/s at 512 x 512 x 512`,
)
console.log(`${"kernel".padEnd(44)} ${"times".padStart(5)} ${"ms".padStart(8)} ${"share".padStart(6)} GFLOP/s`)
for (const { name, count, milliseconds, flops } of [...rows.values()].sort((a, b) => b.milliseconds - a.milliseconds)) {
  const rate = flops === 0 ? "" : (flops / milliseconds / 1e6).toFixed(2)
  console.log(
    name.padEnd(44),
    `${count}`.padStart(5),
    milliseconds.toFixed(2).padStart(8),
    `${((100 * milliseconds) / total).toFixed(1)} %`.padStart(6),
    rate.padStart(7),
  )
}
process.exit(0)
