import { adds, define, optional, rows, whole } from "./Definition.ts"

/** `y = scale * (table[id] + positions[t mod S])`. */
export const embed = define({
  kind: "embed",
  inputs: { table: whole("V", "d"), positions: optional(whole("S", "d")) },
  outputs: { y: rows("d") },
  scalars: ["scale"],
  flops: ({ N, d }) => 2 * N * d,
  touched: { table: ({ N, d }) => N * d },
  loop: ({ rows, sequenceLength, input: { table, positions }, output: { y }, scalar: { scale }, batch }) => {
    const width = y.length / rows
    for (let n = 0; n < rows; n++) {
      const row = batch.ids[n] * width
      const position = (n % sequenceLength) * width
      for (let i = 0; i < width; i++) {
        y[n * width + i] = scale * (table[row + i] + (positions === undefined ? 0 : positions[position + i]))
      }
    }
  },
  gradient: ({ inputs, outputs, scalars }, gradient) => ({
    kind: "embed_backward",
    inputs: { dy: gradient(outputs["y"]) },
    outputs: {
      dtable: gradient(inputs["table"]),
      ...(inputs["positions"] !== undefined && { dpositions: gradient(inputs["positions"]) }),
    },
    scalars,
    attributes: {},
  }),
})

export const embedBackward = define({
  kind: "embed_backward",
  inputs: { dy: rows("d") },
  outputs: { dtable: adds(whole("V", "d")), dpositions: optional(adds(whole("S", "d"))) },
  scalars: ["scale"],
  flops: ({ N, d }) => 3 * N * d,
  touched: { dtable: ({ N, d }) => N * d },
  loop: ({ rows, sequenceLength, input: { dy }, output: { dtable, dpositions }, scalar: { scale }, batch }) => {
    const width = dy.length / rows
    for (let n = 0; n < rows; n++) {
      const row = batch.ids[n] * width
      const position = (n % sequenceLength) * width
      for (let i = 0; i < width; i++) {
        const g = scale * dy[n * width + i]
        dtable[row + i] += g
        if (dpositions !== undefined) dpositions[position + i] += g
      }
    }
  },
})
