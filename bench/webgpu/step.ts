/**
 * Tokens per second of training steps on whatever adapter there is, by model and kind of kernels, interleaved.
 * usage: node --conditions=@ts/source bench/webgpu/step.ts [seconds for each]
 */
import { type Call, cost } from "../../packages/program/src/index.ts"
import { model, prepare, step, tokens } from "../../plugins/cpu/test/model.ts"
import { webgpuDevice } from "../../plugins/webgpu/src/index.ts"
import { kernelKinds } from "./kernelKinds.ts"

const seconds = Number(process.argv[2] ?? 4)
const models = [
  { width: 64, layers: 2, heads: 4, vocabulary: 512 },
  { width: 128, layers: 2, heads: 4, vocabulary: 512 },
]
const sequenceLength = 128
const sequences = 8
const possible = await kernelKinds()
for (const shape of models) {
  const training = model({ ...shape, sequenceLength })
  const { flops } = cost(training.grad, training, { rows: sequences * sequenceLength })
  const calls: Call[] = [
    { program: "grad", sequences, tokens: [tokens(training, sequences, 1)] },
    { program: "update", scalars: [step(training, 1, sequences * sequenceLength)] },
  ]
  const kinds = await Promise.all(
    possible.map(async (kernels) => {
      const device = await webgpuDevice({ kernels })
      const executable = await device.compile(training, { lanes: 1, microBatch: sequences })
      await prepare(executable, training, 0, 1)
      await executable.run(calls)
      return { kernels, device, executable, best: Number.POSITIVE_INFINITY }
    }),
  )
  const end = performance.now() + 1000 * seconds * kinds.length
  while (performance.now() < end) {
    for (const kind of kinds) {
      const start = performance.now()
      await kind.executable.run(calls)
      kind.best = Math.min(kind.best, (performance.now() - start) / 1000)
    }
  }
  for (const { kernels, device, best } of kinds) {
    const rate = `${Math.round((sequences * sequenceLength) / best)} tokens/s, ${(flops / best / 1e9).toFixed(2)} GFLOP/s`
    console.log(`width ${shape.width}, ${shape.layers} layers, ${kernels}: ${rate} (${device.info.name})`)
    await device.close()
  }
}
process.exit(0)
