import { define, mayAdd, rows } from "./Definition.ts"

/** Softmax cross-entropy with the next token, nats: `loss = lse - logits[target]`. The root of the gradient. */
export const crossEntropy = define({
  kind: "cross_entropy",
  inputs: { logits: rows("V") },
  outputs: { loss: rows(1), lse: rows(1) },
  flops: ({ N, V }) => 4 * N * V,
  loop: ({ rows, input: { logits }, output: { loss, lse }, batch: { targets } }) => {
    const vocabulary = logits.length / rows
    for (let n = 0; n < rows; n++) {
      const row = n * vocabulary
      let max = Number.NEGATIVE_INFINITY
      for (let v = row; v < row + vocabulary; v++) max = Math.max(max, logits[v])
      let sum = 0
      for (let v = row; v < row + vocabulary; v++) sum += Math.exp(logits[v] - max)
      const logSum = max + Math.log(sum)
      lse[n] = logSum
      loss[n] = logSum - logits[row + targets[n]]
    }
  },
  gradient: ({ inputs, outputs }, gradient) => ({
    kind: "cross_entropy_backward",
    inputs: { logits: inputs["logits"], lse: outputs["lse"] },
    outputs: { dlogits: gradient(inputs["logits"]) },
    scalars: {},
    attributes: {},
  }),
})

/** `softmax(logits) - onehot(target)`: the gradient of the sum of losses. */
export const crossEntropyBackward = define({
  kind: "cross_entropy_backward",
  inputs: { logits: rows("V"), lse: rows(1) },
  outputs: { dlogits: mayAdd(rows("V")) },
  flops: ({ N, V }) => 2 * N * V,
  loop: ({ rows, input: { logits, lse }, output: { dlogits }, adds, batch: { targets } }) => {
    const vocabulary = logits.length / rows
    for (let n = 0; n < rows; n++) {
      const row = n * vocabulary
      for (let v = 0; v < vocabulary; v++) {
        const g = Math.exp(logits[row + v] - lse[n]) - (v === targets[n] ? 1 : 0)
        dlogits[row + v] = (adds.dlogits ? dlogits[row + v] : 0) + g
      }
    }
  },
})
