/**
 * Causal multi-head self-attention within each sequence: logits `scale * q.k - slope_h * (i - j)`, j <= i.
 *
 * Backward, with `p = exp(logit - lse)`, `dp = dy.v` and `D = dy.y` (Dao et al. 2022, section 3 and appendix B):
 * `dlogit = p * (dp - D)`, `dv += p dy`, `dq += scale * dlogit * k`, `dk += scale * dlogit * q`.
 */
import { alibiSlopes } from "./alibi.ts"
import { define, mayAdd, rows, type Sizes } from "./Definition.ts"

const constraint = ({ d, heads }: Sizes) =>
  d % heads === 0 ? undefined : `${heads} heads do not divide a width of ${d}`

/** Pairs (i, j <= i) of all sequences, times the width: multiply-adds of one of the matrix products. */
const multiplyAdds = ({ N, S, d }: Sizes) => N * ((S + 1) / 2) * d

export const attention = define({
  kind: "attention",
  inputs: { qkv: rows("3d") },
  outputs: { y: rows("d"), lse: rows("heads") },
  scalars: ["scale"],
  attributes: { heads: "number", alibi: "boolean" },
  constraint,
  flops: (sizes) => 4 * multiplyAdds(sizes),
  loop: ({ rows, sequenceLength, input: { qkv }, output: { y, lse }, scalar: { scale }, attribute }) => {
    const { heads, alibi } = attribute
    const width = y.length / rows
    const size = width / heads
    const slopes = alibi ? alibiSlopes(heads) : new Float64Array(heads)
    const p = new Float64Array(sequenceLength)
    y.fill(0)
    for (let start = 0; start < rows; start += sequenceLength) {
      for (let head = 0; head < heads; head++) {
        for (let i = 0; i < sequenceLength; i++) {
          const q = 3 * width * (start + i) + head * size
          let max = Number.NEGATIVE_INFINITY
          for (let j = 0; j <= i; j++) {
            const k = 3 * width * (start + j) + width + head * size
            let dot = 0
            for (let c = 0; c < size; c++) dot += qkv[q + c] * qkv[k + c]
            p[j] = scale * dot - slopes[head] * (i - j)
            max = Math.max(max, p[j])
          }
          let sum = 0
          for (let j = 0; j <= i; j++) {
            p[j] = Math.exp(p[j] - max)
            sum += p[j]
          }
          lse[(start + i) * heads + head] = max + Math.log(sum)
          const out = width * (start + i) + head * size
          for (let j = 0; j <= i; j++) {
            const v = 3 * width * (start + j) + 2 * width + head * size
            const weight = p[j] / sum
            for (let c = 0; c < size; c++) y[out + c] += weight * qkv[v + c]
          }
        }
      }
    }
  },
  gradient: ({ inputs, outputs, scalars, attributes }, gradient) => ({
    kind: "attention_backward",
    inputs: { dy: gradient(outputs["y"]), qkv: inputs["qkv"], y: outputs["y"], lse: outputs["lse"] },
    outputs: { dqkv: gradient(inputs["qkv"]) },
    scalars,
    attributes,
  }),
})

export const attentionBackward = define({
  kind: "attention_backward",
  inputs: { dy: rows("d"), qkv: rows("3d"), y: rows("d"), lse: rows("heads") },
  outputs: { dqkv: mayAdd(rows("3d")) },
  scalars: ["scale"],
  attributes: { heads: "number", alibi: "boolean" },
  constraint,
  flops: (sizes) => 10 * multiplyAdds(sizes),
  loop: ({ rows, sequenceLength, input, output: { dqkv }, adds, scalar: { scale }, attribute: { heads, alibi } }) => {
    const { dy, qkv, y, lse } = input
    const width = y.length / rows
    const size = width / heads
    const slopes = alibi ? alibiSlopes(heads) : new Float64Array(heads)
    if (!adds.dqkv) dqkv.fill(0)
    for (let start = 0; start < rows; start += sequenceLength) {
      for (let head = 0; head < heads; head++) {
        for (let i = 0; i < sequenceLength; i++) {
          const q = 3 * width * (start + i) + head * size
          const out = width * (start + i) + head * size
          const logSum = lse[(start + i) * heads + head]
          let dotDyY = 0
          for (let c = 0; c < size; c++) dotDyY += dy[out + c] * y[out + c]
          for (let j = 0; j <= i; j++) {
            const k = 3 * width * (start + j) + width + head * size
            const v = k + width
            let dot = 0
            let dp = 0
            for (let c = 0; c < size; c++) {
              dot += qkv[q + c] * qkv[k + c]
              dp += dy[out + c] * qkv[v + c]
            }
            const p = Math.exp(scale * dot - slopes[head] * (i - j) - logSum)
            const dlogit = scale * p * (dp - dotDyY)
            for (let c = 0; c < size; c++) {
              dqkv[q + c] += dlogit * qkv[k + c]
              dqkv[k + c] += dlogit * qkv[q + c]
              dqkv[v + c] += p * dy[out + c]
            }
          }
        }
      }
    }
  },
})
