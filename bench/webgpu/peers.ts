/**
 * A training step beside other libraries' on WebGPU: the same decoder from the same weights on the same tokens, in alternating chunks on one
 * adapter. A peer's losses must be ours to 1e-3.
 *
 *     npm install --prefix bench/webgpu/peers
 *     pnpm exec node --conditions=@ts/source bench/webgpu/peers.ts --driver lavapipe [--peers jax,tfjs] [--width 64,128] [--length 64] [--seconds 20]
 *
 * `--driver` is `lavapipe`, `swiftshader`, or `chromium` for a page; without it `VK_ICD_FILENAMES` says. With `--check` a step of less than
 * twice a peer's speed ends with 1.
 */
import { existsSync } from "node:fs"
import { loadavg } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { importBundled } from "./bundle.ts"
import { peerNames, requireOneOf } from "./choice.ts"
import { type Comparison, type Contestant, compare, configOf, type Options, oursWith, type Timing } from "./compare.ts"
import { nodeGpu } from "./nodeGpu.ts"
import { compareOnPage } from "./onPage.ts"

const { values: options } = parseArgs({
  options: {
    driver: { type: "string" },
    peers: { type: "string", default: "jax,tfjs" },
    width: { type: "string", default: "64,128" },
    length: { type: "string", default: "64" },
    seconds: { type: "string", default: "20" },
    check: { type: "boolean", default: false },
  },
})
const names = options.peers.split(",").filter((name) => name !== "")
for (const name of names) requireOneOf("--peers", name, peerNames)
if (!existsSync(join(import.meta.dirname, "peers/node_modules"))) {
  console.error("peers are not installed: npm install --prefix bench/webgpu/peers")
  process.exit(2)
}

const inNode = async (): Promise<(how: Options) => Promise<Comparison>> => {
  nodeGpu(options.driver)
  const { peers } = (await importBundled("peers/index.js")) as { readonly peers: Readonly<Record<string, Contestant>> }
  const contestants = [oursWith(), ...names.map((name) => peers[name])]
  return (how) => compare(contestants, how)
}
const run = options.driver === "chromium" ? (how: Options) => compareOnPage(names, how) : await inNode()

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b)
const median = (values: readonly number[]): number => sorted(values)[values.length >> 1] ?? Number.NaN
const best = (values: readonly number[]): number => sorted(values)[0] ?? Number.NaN
/** The second half of the chunks over the first. */
const growth = (values: readonly number[]): number => {
  const half = values.length >> 1
  return median(values.slice(half)) / median(values.slice(0, half))
}
const columns = (cells: readonly string[], widths: readonly number[]) =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" ")
const widths = [22, 9, 9, 10, 8, 10, 9, 9, 9, 7, 10, 8]

const row = (flops: number, timing: Timing, ours: Timing): string => {
  const { name, wall, processor, first, bytes, losses } = timing
  const apart = Math.max(...losses.map((loss, i) => Math.abs(loss - ours.losses[i])))
  // Neighbours in time: both chunks of a round have met the same load.
  const paired = median(wall.map((time, i) => time / ours.wall[i]))
  const ratio = (value: number) => (timing === ours ? "" : value.toFixed(2))
  return columns(
    [
      name,
      best(wall).toFixed(1),
      median(wall).toFixed(1),
      best(processor).toFixed(1),
      (flops / best(wall) / 1e6).toFixed(2),
      ratio(best(wall) / best(ours.wall)),
      ratio(paired),
      ratio(best(processor) / best(ours.processor)),
      (first / 1000).toFixed(1),
      growth(wall).toFixed(2),
      `${(bytes[0] / 2 ** 20).toFixed(1)}→${(bytes[1] / 2 ** 20).toFixed(1)}`,
      timing === ours ? "" : apart.toExponential(0),
    ],
    widths,
  )
}

let short = 0
for (const sequenceLength of options.length.split(",").map(Number)) {
  for (const width of options.width.split(",").map(Number)) {
    const config = configOf(width, sequenceLength)
    const { adapter, flops, timings } = await run({ config, seconds: Number(options.seconds), compared: 5 })
    const [ours, ...peers] = timings
    console.log(
      `${adapter}: width ${width}, ${config.layers} layers, ${config.sequences} x ${sequenceLength} tokens, ${(flops / 1e6).toFixed(0)} MFLOP; ${ours.wall.length} rounds, load ${loadavg()[0].toFixed(1)}`,
    )
    console.log(
      columns(
        [
          "",
          "best ms",
          "median",
          "processor",
          "GFLOP/s",
          "best",
          "paired",
          "processor",
          "first s",
          "growth",
          "MiB",
          "losses",
        ],
        widths,
      ),
    )
    for (const timing of timings) console.log(row(flops, timing, ours))
    for (const { name, wall, losses } of peers) {
      if (!losses.every((loss, i) => Math.abs(loss - ours.losses[i]) < 1e-3)) {
        console.log(`${name} computes something else: losses ${losses.join(" ")}, ours ${ours.losses.join(" ")}`)
        short++
      }
      if (best(wall) / best(ours.wall) < 2) short++
    }
  }
}
process.exit(options.check && short > 0 ? 1 : 0)
