/**
 * JavaScript time of a training step, by layers and lanes: everything but the arithmetic, on Dawn's null backend, which computes nothing.
 * usage: node --conditions=@ts/source bench/webgpu/null.ts [--check]; with --check more than 1 ms for 4 layers in one lane fails,
 * on the kernels that a GPU gets by itself.
 */
import type { Call } from "../../packages/program/src/index.ts"
import { model, step, tokens } from "../../plugins/cpu/test/model.ts"
import { webgpuDevice } from "../../plugins/webgpu/src/index.ts"
import { nullGpu } from "../../plugins/webgpu/test/nullGpu.ts"
import { type Kernels, kernelKinds } from "./kernelKinds.ts"

const gpu = await nullGpu()
const [steps, repeats] = [16, 12]

/** Milliseconds a step, the best of several chunks: what else the machine does is not ours. */
const measure = async (layers: number, lanes: number, kernels: Kernels): Promise<number> => {
  const training = model({ vocabulary: 512, sequenceLength: 64, width: 64, heads: 4, layers })
  const device = await webgpuDevice({ gpu, kernels })
  const sequences = 8
  const executable = await device.compile(training, { lanes, microBatch: sequences })
  const each = Array.from({ length: lanes }, (_, lane) => tokens(training, sequences, lane))
  const calls = Array.from({ length: steps }, (_, t): Call[] => [
    { program: "grad", sequences, tokens: each },
    { program: "update", scalars: each.map(() => step(training, t + 1, 512)) },
  ]).flat()
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < repeats; i++) {
    const start = performance.now()
    await executable.run(calls)
    best = Math.min(best, (performance.now() - start) / steps)
  }
  await device.close()
  return best
}

const kinds = await kernelKinds({ gpu })
console.log("ms a step (512 tokens a lane, width 64), best of 12 chunks of 16 steps")
console.log("layers  lanes", ...kinds.map((kernels) => kernels.padStart(12)))
let four = Number.NaN
for (const [layers, lanes] of [1, 2, 4, 8].flatMap((n) => [1, 8].map((l) => [n, l] as const))) {
  const times: number[] = []
  for (const kernels of kinds) times.push(await measure(layers, lanes, kernels))
  if (layers === 4 && lanes === 1) four = times[0]!
  console.log(`${layers}`.padStart(6), `${lanes}`.padStart(6), ...times.map((time) => time.toFixed(3).padStart(12)))
}
process.exit(process.argv.includes("--check") && !(four <= 1) ? 1 : 0)
