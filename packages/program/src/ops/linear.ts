import { addRows } from "./add-rows.ts"
import { adds, define, mayAdd, optional, rows, whole } from "./Definition.ts"

/** `y = scale * (x weight^T + bias) + residual`. */
export const linear = define({
  kind: "linear",
  inputs: {
    x: rows("in"),
    weight: whole("out", "in"),
    bias: optional(whole("out")),
    residual: optional(rows("out")),
  },
  outputs: { y: rows("out") },
  scalars: ["scale?"],
  flops: ({ N, in: width, out }) => 2 * N * width * out,
  // Four outputs at a time, so that the processor has four independent sums to work on.
  loop: ({ rows, input: { x, weight, bias, residual }, output: { y }, scalar: { scale = 1 } }) => {
    const width = x.length / rows
    const out = y.length / rows
    const last = out - (out % 4)
    for (let n = 0; n < rows; n++) {
      const row = n * width
      for (let o = 0; o < last; o += 4) {
        let s0 = 0
        let s1 = 0
        let s2 = 0
        let s3 = 0
        let w = o * width
        for (let i = row; i < row + width; i++, w++) {
          const value = x[i]
          s0 += value * weight[w]
          s1 += value * weight[w + width]
          s2 += value * weight[w + 2 * width]
          s3 += value * weight[w + 3 * width]
        }
        const at = n * out + o
        y[at] = s0
        y[at + 1] = s1
        y[at + 2] = s2
        y[at + 3] = s3
      }
      for (let o = last; o < out; o++) {
        let s = 0
        for (let i = 0; i < width; i++) s += x[row + i] * weight[o * width + i]
        y[n * out + o] = s
      }
      for (let o = 0; o < out; o++) {
        const at = n * out + o
        y[at] = scale * (y[at] + (bias === undefined ? 0 : bias[o])) + (residual === undefined ? 0 : residual[at])
      }
    }
  },
  // The residual's gradient is dy itself; `differentiate` gives both the same buffer.
  gradient: ({ inputs, outputs, scalars }, gradient) => ({
    kind: "linear_backward",
    inputs: { dy: gradient(outputs["y"]), x: inputs["x"], weight: inputs["weight"] },
    outputs: {
      dx: gradient(inputs["x"]),
      dweight: gradient(inputs["weight"]),
      ...(inputs["bias"] !== undefined && { dbias: gradient(inputs["bias"]) }),
    },
    scalars,
    attributes: {},
  }),
})

export const linearBackward = define({
  kind: "linear_backward",
  inputs: { dy: rows("out"), x: rows("in"), weight: whole("out", "in") },
  outputs: {
    dx: optional(mayAdd(rows("in"))),
    dweight: adds(whole("out", "in")),
    dbias: optional(adds(whole("out"))),
  },
  scalars: ["scale?"],
  flops: ({ N, in: width, out }) => 4 * N * width * out,
  loop: ({ rows, input: { dy, x, weight }, output: { dx, dweight, dbias }, adds, scalar: { scale = 1 } }) => {
    const width = x.length / rows
    const out = dy.length / rows
    for (let o = 0; o < out; o++) {
      // Tokens in order; a device that calls this for whole sequences gets the same sums however it cuts a batch.
      addRows(dweight, o * width, x, 0, width, rows, dy, o, out, scale)
      if (dbias === undefined) continue
      for (let n = 0; n < rows; n++) dbias[o] += scale * dy[n * out + o]
    }
    if (dx === undefined) return
    if (!adds.dx) dx.fill(0)
    for (let n = 0; n < rows; n++) addRows(dx, n * width, weight, 0, width, out, dy, n * out, 1, scale)
  },
})
