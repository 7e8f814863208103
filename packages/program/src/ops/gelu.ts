import { define, mayAdd, rows } from "./Definition.ts"
import { erf } from "./erf.ts"

/** Exact GELU (Hendrycks & Gimpel 2016): `x * (1 + erf(x / sqrt 2)) / 2`. */
export const gelu = define({
  kind: "gelu",
  inputs: { x: rows("d") },
  outputs: { y: rows("d") },
  flops: ({ N, d }) => 5 * N * d,
  loop: ({ input: { x }, output: { y } }) => {
    for (let i = 0; i < x.length; i++) y[i] = 0.5 * x[i] * (1 + erf(x[i] * Math.SQRT1_2))
  },
  gradient: ({ inputs, outputs }, gradient) => ({
    kind: "gelu_backward",
    inputs: { dy: gradient(outputs["y"]), x: inputs["x"] },
    outputs: { dx: gradient(inputs["x"]) },
    scalars: {},
    attributes: {},
  }),
})

export const geluBackward = define({
  kind: "gelu_backward",
  inputs: { dy: rows("d"), x: rows("d") },
  outputs: { dx: mayAdd(rows("d")) },
  flops: ({ N, d }) => 10 * N * d,
  loop: ({ input: { dy, x }, output: { dx }, adds }) => {
    const density = 1 / Math.sqrt(2 * Math.PI)
    for (let i = 0; i < x.length; i++) {
      const slope = 0.5 * (1 + erf(x[i] * Math.SQRT1_2)) + x[i] * density * Math.exp(-0.5 * x[i] * x[i])
      dx[i] = (adds.dx ? dx[i] : 0) + dy[i] * slope
    }
  },
})
