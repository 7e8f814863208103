/**
 * The MPT decoder: pre-norm blocks, exact GELU, an MLP of `expansion_ratio` times the width, no dropout. Architecture and
 * names follow MosaicML's llm-foundry (MPT, Hugging Face `config.json`).
 */
import { type Builder, builder, type Forward } from "@ts/program"
import { type Parameter, parameters } from "./parameters.ts"
import { checkShape, type MptShape } from "./shape.ts"

/** Names of the run-time scalars of the forward pass: one value per lane, so lanes may differ in base width. */
export const scalars = {
  embedding: "multiplier.embedding",
  logits: "multiplier.logits",
  /** On `q.k`: 1 / sqrt(head size) in the standard parametrisation. */
  attention: "attention.scale",
  /** On what a residual branch adds to the stream. */
  residual: "multiplier.residual",
} as const

/** Activations worth looking at, e.g. in a coordinate check; list them in a device's `keep`. All N x [width named]. */
export interface Activations {
  /** [d] the residual stream before the first block. */
  readonly embedding: string
  readonly blocks: readonly {
    /** [d] what the heads give, before `out_proj`. */
    readonly attention: string
    /** [hidden] after the GELU. */
    readonly hidden: string
    /** [d] the residual stream after the block. */
    readonly output: string
  }[]
  /** [V]. */
  readonly logits: string
}

export interface Mpt {
  readonly shape: MptShape
  readonly parameters: readonly Parameter[]
  readonly forward: Forward
  readonly activations: Activations
}

/** Norms, linear layers and their parameters by the name of the module. */
const modules = (build: Builder, shape: MptShape) => {
  const bias = (module: string) => (shape.no_bias ? {} : { bias: `${module}.bias` })
  return {
    norm: (module: string, x: string, out: string) =>
      build.norm({ x, gain: `${module}.weight`, ...bias(module), eps: shape.norm_eps, out }),
    linear: (module: string, x: string, out: string, residual?: string) =>
      build.linear({
        x,
        weight: `${module}.weight`,
        ...bias(module),
        ...(residual === undefined ? {} : { residual, scale: scalars.residual }),
        out,
      }),
    qkNorm: (q: string, k: string, x: string, out: string) =>
      build.qkNorm({
        x,
        qgain: `${q}.weight`,
        kgain: `${k}.weight`,
        ...(shape.no_bias ? {} : { qbias: `${q}.bias`, kbias: `${k}.bias` }),
        eps: shape.norm_eps,
        out,
      }),
  }
}

/** @throws {ShapeFieldError} naming the field at fault */
export const mpt = (shape: MptShape): Mpt => {
  checkShape(shape)
  const build = builder({ sequenceLength: shape.max_seq_len, vocabulary: shape.vocab_size })
  const list = parameters(shape)
  for (const { name, shape: dimensions } of list) build.parameter(name, dimensions)
  const { norm, linear, qkNorm } = modules(build, shape)
  const heads = shape.n_heads

  const block = (i: number, x: string) => {
    const prefix = `transformer.blocks.${i}`
    const at = (name: string) => `blocks.${i}.${name}`
    let qkv = linear(`${prefix}.attn.Wqkv`, norm(`${prefix}.norm_1`, x, at("norm_1")), at("qkv"))
    if (shape.qk_ln) qkv = qkNorm(`${prefix}.attn.q_ln`, `${prefix}.attn.k_ln`, qkv, at("qk_ln"))
    if (shape.positions === "rope") {
      qkv = build.rotary({ x: qkv, heads, theta: shape.rope_theta, out: at("rotary") })
    }
    const attention = build.attention({
      qkv,
      heads,
      alibi: shape.positions === "alibi",
      scale: scalars.attention,
      out: at("attention"),
    })
    const middle = linear(`${prefix}.attn.out_proj`, attention, at("middle"), x)
    const up = linear(`${prefix}.ffn.up_proj`, norm(`${prefix}.norm_2`, middle, at("norm_2")), at("up"))
    const hidden = build.gelu({ x: up, out: at("hidden") })
    const output = linear(`${prefix}.ffn.down_proj`, hidden, at("output"), middle)
    return { attention, hidden, output }
  }

  const embedding = build.embed({
    table: "transformer.wte.weight",
    ...(shape.positions === "learned" ? { positions: "transformer.wpe.weight" } : {}),
    scale: scalars.embedding,
    out: "embedding",
  })
  const blocks: Activations["blocks"][number][] = []
  for (let i = 0; i < shape.n_layers; i++) blocks.push(block(i, blocks.at(-1)?.output ?? embedding))
  const logits = build.linear({
    x: norm("transformer.norm_f", blocks.at(-1)!.output, "norm_f"),
    weight: shape.tie_word_embeddings ? "transformer.wte.weight" : "lm_head.weight",
    scale: scalars.logits,
    out: "logits",
  })
  build.crossEntropy(logits)
  return { shape, parameters: list, forward: build.forward(), activations: { embedding, blocks, logits } }
}
