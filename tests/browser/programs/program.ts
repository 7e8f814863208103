import { builder, referenceDevice } from "@ts/program"
import { known } from "../known.ts"

/** A bigram model whose readout starts at zero: every next token is equally likely, and a step of descent has a closed form. */
export default async () => {
  const b = builder({ sequenceLength: 4, vocabulary: 5 })
  const table = b.parameter("table", [5, 8])
  const x = b.embed({ table, scale: "scale", out: "x" })
  b.crossEntropy(b.linear({ x, weight: b.parameter("readout", [5, 8]), out: "logits" }))
  const training = b.training({ optimizer: "sgd" })
  const executable = await referenceDevice().compile(training, { lanes: 1, microBatch: 2 })
  executable.scalars(0, {
    scale: 1,
    clip: Number.POSITIVE_INFINITY,
    momentum: 0,
    "eta:table": 0,
    "decay:table": 0,
    "eta:readout": 1,
    "decay:readout": 0,
  })
  const embedding = Float64Array.from({ length: 40 }, (_, i) => Math.sin(i))
  await executable.write(0, "table", embedding)
  await executable.write(0, "readout", new Float64Array(40))

  const ids = [0, 1, 2, 3, 4, 4, 0, 1, 2, 3]
  const losses: Array<ArrayLike<number>> = []
  for (let step = 0; step < 20; step++) {
    const [loss] = await executable.run([
      { program: "grad", sequences: 2, tokens: [Int32Array.from(ids)] },
      { program: "update", scalars: [Float64Array.of(1 / 8, 0.5, 0)] },
    ])
    losses.push(loss!)
    if (step > 0) continue
    for (const value of Array.from(loss!))
      known("the first loss, summed over four tokens", value, 4 * Math.log(5), 1e-15)
    // d loss / d readout[k] = sum over tokens of (1/5 - [next = k]) x; one step of 0.5 on its mean over 8 tokens.
    const readout = await executable.read(0, "readout")
    const pairs = [0, 1, 2, 3, 5, 6, 7, 8].map((i) => [ids[i]!, ids[i + 1]!] as const)
    for (let k = 0; k < 5; k++)
      for (let j = 0; j < 8; j++) {
        const slope = pairs.reduce(
          (sum, [at, next]) => sum + (1 / 5 - (next === k ? 1 : 0)) * embedding[8 * at + j]!,
          0,
        )
        known(`readout ${k}, ${j}`, readout[8 * k + j]!, (-0.5 / 8) * slope, 1e-12)
      }
  }
  const weights = await executable.read(0, "readout")
  await executable.dispose()
  return { losses, weights }
}
