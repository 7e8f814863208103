import { initialise, laneScalars, mpt, parametrise, scalars, training } from "@ts/model"
import { referenceDevice } from "@ts/program"
import torch from "../../../packages/model/fixtures/adamw-200.json" with { type: "json" }
import { known } from "../known.ts"

/** Numerical Recipes' generator, from which the fixture's weights and tokens come: uniform in [0, 1) with 24 bits. */
const generator = (seed: number) => {
  let x = seed
  return () => {
    x = (1664525 * x + 1013904223) % 2 ** 32
    return Math.floor(x / 256) / 2 ** 24
  }
}

/** The first steps of an MPT with AdamW, whose losses PyTorch computed in float64. */
const againstTorch = async (steps: number) => {
  const shape = { ...torch.model, positions: "alibi", init_gain: 1, zero_readout: false } as const
  const { eta, betas, eps, weightDecay, clip } = torch.optimizer
  const [beta1, beta2] = betas as [number, number]
  const model = mpt(shape)
  const executable = await referenceDevice().compile(training(model, "adamw"), {
    lanes: 1,
    microBatch: torch.sequences,
  })
  executable.scalars(0, {
    [scalars.embedding]: torch.model.scales.embedding,
    [scalars.attention]: torch.model.scales.attention,
    [scalars.residual]: torch.model.scales.residual,
    [scalars.logits]: torch.model.scales.logits,
    ...Object.fromEntries(
      model.parameters.flatMap(({ name }) => [
        [`eta:${name}`, 1],
        [`decay:${name}`, 1],
        [`eps:${name}`, eps],
      ]),
    ),
    clip,
    beta1,
    beta2,
  })
  const draw = generator(torch.seed)
  for (const { name, shape: sizes, centre, spread } of torch.tensors) {
    const size = sizes.reduce((product, n) => product * n, 1)
    const values = Float64Array.from({ length: size }, () => centre + spread * (2 * draw() - 1))
    await executable.write(0, name, values)
  }
  const next = generator(torch.seed + 1)
  const { vocab_size: vocabulary, max_seq_len: length } = torch.model
  const batch = () => {
    let token = 0
    return Int32Array.from({ length: torch.sequences * (length + 1) }, () => {
      const follow = next()
      const other = next()
      token = follow < 0.75 ? (5 * token + 3) % vocabulary : Math.floor(other * vocabulary)
      return token
    })
  }
  const count = torch.sequences * length
  const losses: Array<number> = []
  for (let t = 1; t <= steps; t++) {
    const [loss] = await executable.run([
      { program: "grad", sequences: torch.sequences, tokens: [batch()] },
      {
        program: "update",
        scalars: [Float64Array.of(1 / count, eta, eta * weightDecay, 1 - beta1 ** t, 1 - beta2 ** t)],
      },
    ])
    const mean = Array.from(loss!).reduce((sum, value) => sum + value, 0) / count
    known(`the loss of step ${t}`, mean, torch.losses[t - 1]!, 1e-9)
    losses.push(mean)
  }
  await executable.dispose()
  return losses
}

export default async () => {
  const { scales: _, ...model } = torch.model
  const shape = { ...model, positions: "alibi", init_gain: 1, zero_readout: false } as const
  const plan = parametrise(shape, { kind: "mup", baseWidth: 8 })
  return {
    losses: await againstTorch(10),
    weights: [...initialise(mpt(shape), plan, 1)],
    scalars: laneScalars(plan, { kind: "adamw", betas: [0.9, 0.95], eps: 1e-8, decay: "independent", clip: 1 }),
  }
}
