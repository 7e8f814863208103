import { adds, define, mayAdd, optional, rows, whole } from "./Definition.ts"
import { normalise, normaliseBackward } from "./layer-norm.ts"

/** Layer norm (Ba et al. 2016): `(x - mean) * rstd * gain + bias`. */
export const norm = define({
  kind: "norm",
  inputs: { x: rows("d"), gain: optional(whole("d")), bias: optional(whole("d")) },
  outputs: { y: rows("d"), stats: rows(2) },
  attributes: { eps: "number" },
  flops: ({ N, d }) => 8 * N * d,
  loop: ({ rows, input: { x, gain, bias }, output: { y, stats }, attribute: { eps } }) => {
    const width = x.length / rows
    for (let n = 0; n < rows; n++) normalise(x, y, n * width, width, gain, bias, eps, stats, 2 * n)
  },
  gradient: ({ inputs, outputs }, gradient) => ({
    kind: "norm_backward",
    inputs: {
      dy: gradient(outputs["y"]),
      x: inputs["x"],
      stats: outputs["stats"],
      ...(inputs["gain"] !== undefined && { gain: inputs["gain"] }),
    },
    outputs: {
      dx: gradient(inputs["x"]),
      ...(inputs["gain"] !== undefined && { dgain: gradient(inputs["gain"]) }),
      ...(inputs["bias"] !== undefined && { dbias: gradient(inputs["bias"]) }),
    },
    scalars: {},
    attributes: {},
  }),
})

export const normBackward = define({
  kind: "norm_backward",
  inputs: { dy: rows("d"), x: rows("d"), stats: rows(2), gain: optional(whole("d")) },
  outputs: { dx: mayAdd(rows("d")), dgain: optional(adds(whole("d"))), dbias: optional(adds(whole("d"))) },
  flops: ({ N, d }) => 14 * N * d,
  loop: ({ rows, input: { dy, x, stats, gain }, output: { dx, dgain, dbias }, adds }) => {
    const width = x.length / rows
    if (!adds.dx) dx.fill(0)
    for (let n = 0; n < rows; n++) {
      normaliseBackward(dy, x, dx, n * width, width, gain, dgain, dbias, stats, 2 * n)
    }
  },
})
