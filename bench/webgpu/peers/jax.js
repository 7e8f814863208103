/**
 * The decoder of bench/webgpu/compare.ts in jax-js: gradient and optimiser in one jit, state donated, tokens the only upload of a step.
 *
 * What jax-js cannot do is gone around: a jit refuses to scatter what is a mere view of something ("input is not imm"), as the gradient of the
 * embedding would be; so the embedded tokens are multiplied by a number that comes at run time.
 */
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax"

const name = "jax-js 0.1.25"

/** @param {import("../compare.ts").Config} config @param {ReadonlyMap<string, import("../compare.ts").Weight>} weights */
const start = async (config, weights) => {
  const available = await init("webgpu")
  if (!available.includes("webgpu")) throw new Error("jax-js finds no WebGPU")
  defaultDevice("webgpu")
  const { width: d, heads, layers, vocabulary, sequenceLength: S, sequences: B } = config
  const { eta, decay, beta1, beta2, eps, normEps } = config
  const tokens = B * S
  const names = [...weights.keys()]

  const linear = (x, weight) => np.dot(x, weight.transpose())
  const norm = (x, gain) => nn.standardize(x, -1, { epsilon: normEps }).mul(gain)
  /** Mean nats a token. */
  const lossOf = (p, one, inputs, targets) => {
    const embedded = np.take(p.wte, inputs, 0).mul(one)
    let x = embedded.reshape([B, S, d]).add(p.wpe).reshape([tokens, d])
    for (let i = 0; i < layers; i++) {
      const qkv = linear(norm(x.ref, p[`${i}.norm1.gain`]), p[`${i}.qkv.weight`])
      const [q, k, v] = np.split(qkv, 3, 1).map((part) => part.reshape([B, S, heads, d / heads]))
      const y = nn.dotProductAttention(q, k, v, { isCausal: true })
      x = x.add(linear(y.reshape([tokens, d]), p[`${i}.out.weight`]))
      const up = linear(norm(x.ref, p[`${i}.norm2.gain`]), p[`${i}.up.weight`])
      x = x.add(linear(nn.gelu(up, { approximate: false }), p[`${i}.down.weight`]))
    }
    const logs = nn.logSoftmax(linear(norm(x, p["normf.gain"]), p.head), -1)
    return logs
      .mul(nn.oneHot(targets, vocabulary))
      .sum()
      .mul(-1 / tokens)
  }
  const step = jit(({ p, m, v, power1, power2, one }, inputs, targets) => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(p), one.ref, inputs, targets)
    const next = { p: {}, m: {}, v: {}, power1: power1.mul(beta1), power2: power2.mul(beta2), one }
    for (const each of names) {
      const g = gradients[each]
      const first = m[each].mul(beta1).add(g.ref.mul(1 - beta1))
      const second = v[each].mul(beta2).add(g.ref.mul(g).mul(1 - beta2))
      const corrected = first.ref.div(next.power1.ref.neg().add(1))
      const root = np.sqrt(second.ref.div(next.power2.ref.neg().add(1)))
      next.m[each] = first
      next.v[each] = second
      next.p[each] = p[each].mul(1 - decay).sub(corrected.mul(eta).div(root.add(eps)))
    }
    return [next, loss]
  })

  const zeros = () => Object.fromEntries([...weights].map(([each, { shape }]) => [each, np.zeros(shape)]))
  let state = {
    p: Object.fromEntries([...weights].map(([each, { shape, values }]) => [each, np.array(values).reshape(shape)])),
    m: zeros(),
    v: zeros(),
    power1: np.array(1),
    power2: np.array(1),
    one: np.array(1),
  }
  return {
    /** The loss of the last step. */
    run: async (batches) => {
      let loss
      for (const { inputs, targets } of batches) {
        loss?.dispose()
        ;[state, loss] = step(state, np.array(inputs, { dtype: np.int32 }), np.array(targets, { dtype: np.int32 }))
      }
      return loss.jsAsync()
    },
    close: async () => {
      tree.dispose(state)
      step.dispose()
    },
  }
}

export default { name, start }
