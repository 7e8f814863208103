import { adds, define, mayAdd, optional, rows, whole } from "./Definition.ts"
import { normalise, normaliseBackward } from "./layer-norm.ts"

/** Layer norm over the d values of q and of k (Dehghani et al. 2023, as MPT's `qk_ln` does it); v is copied. */
export const qkNorm = define({
  kind: "qk_norm",
  inputs: {
    x: rows("3d"),
    qgain: whole("d"),
    qbias: optional(whole("d")),
    kgain: whole("d"),
    kbias: optional(whole("d")),
  },
  outputs: { y: rows("3d"), stats: rows(4) },
  attributes: { eps: "number" },
  flops: ({ N, d }) => 16 * N * d,
  loop: ({ rows, input: { x, qgain, qbias, kgain, kbias }, output: { y, stats }, attribute: { eps } }) => {
    const width = x.length / rows / 3
    for (let n = 0; n < rows; n++) {
      const q = 3 * width * n
      normalise(x, y, q, width, qgain, qbias, eps, stats, 4 * n)
      normalise(x, y, q + width, width, kgain, kbias, eps, stats, 4 * n + 2)
      for (let i = q + 2 * width; i < q + 3 * width; i++) y[i] = x[i]
    }
  },
  gradient: ({ inputs, outputs }, gradient) => ({
    kind: "qk_norm_backward",
    inputs: {
      dy: gradient(outputs["y"]),
      x: inputs["x"],
      stats: outputs["stats"],
      qgain: inputs["qgain"],
      kgain: inputs["kgain"],
    },
    outputs: {
      dx: gradient(inputs["x"]),
      dqgain: gradient(inputs["qgain"]),
      ...(inputs["qbias"] !== undefined && { dqbias: gradient(inputs["qbias"]) }),
      dkgain: gradient(inputs["kgain"]),
      ...(inputs["kbias"] !== undefined && { dkbias: gradient(inputs["kbias"]) }),
    },
    scalars: {},
    attributes: {},
  }),
})

export const qkNormBackward = define({
  kind: "qk_norm_backward",
  inputs: { dy: rows("3d"), x: rows("3d"), stats: rows(4), qgain: whole("d"), kgain: whole("d") },
  outputs: {
    dx: mayAdd(rows("3d")),
    dqgain: adds(whole("d")),
    dqbias: optional(adds(whole("d"))),
    dkgain: adds(whole("d")),
    dkbias: optional(adds(whole("d"))),
  },
  flops: ({ N, d }) => 28 * N * d,
  loop: ({ rows, input: { dy, x, stats, qgain, kgain }, output: { dx, dqgain, dqbias, dkgain, dkbias }, adds }) => {
    const width = x.length / rows / 3
    if (!adds.dx) dx.fill(0)
    for (let n = 0; n < rows; n++) {
      const q = 3 * width * n
      normaliseBackward(dy, x, dx, q, width, qgain, dqgain, dqbias, stats, 4 * n)
      normaliseBackward(dy, x, dx, q + width, width, kgain, dkgain, dkbias, stats, 4 * n + 2)
      for (let i = q + 2 * width; i < q + 3 * width; i++) dx[i] += dy[i]
    }
  },
})
