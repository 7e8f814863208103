/**
 * The decoder of bench/webgpu/compare.ts in TensorFlow.js. It has no jit: every operation is a dispatch of its own. So the optimiser works on all
 * parameters as one vector, which takes a dozen operations instead of a dozen a tensor.
 *
 * Its WebGPU backend has no kernel for the gradient of `gather`: the gradient of the embedding is a product with one-hot rows.
 */
import * as tf from "@tensorflow/tfjs-core"
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js"
import "@tensorflow/tfjs-core/dist/register_all_gradients.js"
import "@tensorflow/tfjs-backend-webgpu"

const name = "TensorFlow.js 4.22.0"

/** @param {import("../compare.ts").Config} config @param {ReadonlyMap<string, import("../compare.ts").Weight>} weights */
const start = async (config, weights) => {
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js finds no WebGPU")
  const { width: d, heads, layers, vocabulary, sequenceLength: S, sequences: B } = config
  const { eta, decay, beta1, beta2, eps, normEps } = config
  const tokens = B * S
  const names = [...weights.keys()]
  const shapes = names.map((each) => weights.get(each).shape)
  const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1))

  const mask = tf.keep(
    tf.tidy(() => {
      const at = tf.range(0, S)
      return tf.where(tf.greaterEqual(tf.reshape(at, [S, 1]), tf.reshape(at, [1, S])), tf.scalar(0), tf.scalar(-1e9))
    }),
  )
  const linear = (x, weight) => tf.matMul(x, weight, false, true)
  const norm = (x, gain) => {
    const centred = tf.sub(x, tf.mean(x, -1, true))
    return tf.mul(tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), normEps))), gain)
  }
  const embed = tf.customGrad((table, ids, save) => {
    save([ids])
    return {
      value: tf.gather(table, ids),
      gradFunc: (dy, [saved]) => [tf.matMul(tf.oneHot(saved, vocabulary), dy, true, false), tf.zerosLike(saved)],
    }
  })
  const gelu = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
  const split = (x) => tf.transpose(tf.reshape(x, [B, S, heads, d / heads]), [0, 2, 1, 3])
  /** Mean nats a token. */
  const lossOf =
    (inputs, targets) =>
    (...values) => {
      const p = Object.fromEntries(names.map((each, i) => [each, values[i]]))
      let x = tf.reshape(tf.add(tf.reshape(embed(p.wte, inputs), [B, S, d]), p.wpe), [tokens, d])
      for (let i = 0; i < layers; i++) {
        const qkv = linear(norm(x, p[`${i}.norm1.gain`]), p[`${i}.qkv.weight`])
        const [q, k, v] = tf.split(qkv, 3, 1).map(split)
        const logits = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(d / heads)), mask)
        const y = tf.reshape(tf.transpose(tf.matMul(tf.softmax(logits), v), [0, 2, 1, 3]), [tokens, d])
        x = tf.add(x, linear(y, p[`${i}.out.weight`]))
        const up = linear(norm(x, p[`${i}.norm2.gain`]), p[`${i}.up.weight`])
        x = tf.add(x, linear(gelu(up), p[`${i}.down.weight`]))
      }
      return tf.losses.softmaxCrossEntropy(tf.oneHot(targets, vocabulary), linear(norm(x, p["normf.gain"]), p.head))
    }

  const flat = tf.tidy(() => tf.concat(names.map((each) => tf.tensor1d(weights.get(each).values))))
  let state = { p: flat, m: tf.zerosLike(flat), v: tf.zerosLike(flat) }
  let t = 0
  const step = ({ inputs, targets }) => {
    t++
    const next = tf.tidy(() => {
      const values = tf.split(state.p, sizes).map((part, i) => tf.reshape(part, shapes[i]))
      const { value: loss, grads } = tf.valueAndGrads(
        lossOf(tf.tensor1d(inputs, "int32"), tf.tensor1d(targets, "int32")),
      )(values)
      const g = tf.concat(grads.map((each) => tf.reshape(each, [-1])))
      const m = tf.add(tf.mul(state.m, beta1), tf.mul(g, 1 - beta1))
      const v = tf.add(tf.mul(state.v, beta2), tf.mul(tf.square(g), 1 - beta2))
      const root = tf.add(tf.mul(tf.sqrt(v), 1 / Math.sqrt(1 - beta2 ** t)), eps)
      const p = tf.sub(tf.mul(state.p, 1 - decay), tf.div(tf.mul(m, eta / (1 - beta1 ** t)), root))
      return { p, m, v, loss }
    })
    tf.dispose(state)
    const { loss, ...rest } = next
    state = rest
    return loss
  }
  return {
    /** The loss of the last step. */
    run: async (batches) => {
      let loss
      for (const batch of batches) {
        loss?.dispose()
        loss = step(batch)
      }
      const [value] = await loss.data()
      loss.dispose()
      return value
    },
    close: async () => {
      tf.dispose([state, mask])
    },
  }
}

export default { name, start }
