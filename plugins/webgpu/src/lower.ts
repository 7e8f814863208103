/** One operation on tokens as dispatches. */
import { type Buffer, elements, type Op } from "@ts/program"
import { attention, attentionBackward, attentionScratch } from "./kernels/attention.ts"
import { columnScratch } from "./kernels/columns.ts"
import { crossEntropy, crossEntropyBackward } from "./kernels/crossEntropy.ts"
import { gelu, geluBackward, rotary } from "./kernels/elementwise.ts"
import { embed, embedBackward } from "./kernels/embed.ts"
import type { Dispatch, Setting } from "./kernels/kernel.ts"
import { linear, linearBackward } from "./kernels/linear.ts"
import { type Columns, copyColumns, norm, normBackward } from "./kernels/norm.ts"
import { type Part, type Place, whole } from "./layout.ts"

export interface Lowering {
  readonly setting: Setting
  readonly parts: (buffer: string) => readonly Part[]
  readonly buffer: (name: string) => Buffer
  readonly scratch: Place
  /** The table of angles that a rotation of this shape reads. */
  readonly angles: (half: number, theta: number) => Place
}

const all = (width: number): Columns => ({ width, pitch: width, from: 0, statsPitch: 2, statsFrom: 0 })
const third = (width: number, index: 0 | 1 | 2): Columns => ({
  width,
  pitch: 3 * width,
  from: index * width,
  statsPitch: 4,
  statsFrom: 2 * index,
})

/** Floats of scratch that a lane needs for the operation. */
export const scratchOf = (op: Op, buffer: (name: string) => Buffer, rows: number, blocks: number): number => {
  const width = (slots: Readonly<Record<string, string>>, slot: string) => elements(buffer(slots[slot]))
  switch (op.kind) {
    case "norm_backward":
      return columnScratch(blocks, 2, width(op.inputs, "dy"))
    case "qk_norm_backward":
      return columnScratch(blocks, 2, width(op.inputs, "dy") / 3)
    case "linear_backward":
      return op.outputs["dbias"] === undefined ? 0 : columnScratch(blocks, 1, width(op.inputs, "dy"))
    case "attention_backward":
      return attentionScratch(rows, Number(op.attributes["heads"]))
    default:
      return 0
  }
}

export const lower = (op: Op, { setting, parts, buffer, scratch, angles }: Lowering): Dispatch[] => {
  const bound: Readonly<Record<string, string | undefined>> = { ...op.inputs, ...op.outputs }
  const partsAt = (slot: string): readonly Part[] => parts(bound[slot]!)
  const at = (slot: string): Place => whole(partsAt(slot))
  const maybe = (slot: string): Place | undefined => (bound[slot] === undefined ? undefined : at(slot))
  const width = (slot: string): number => elements(buffer(bound[slot]!))
  const adds = (slot: string): boolean => op.accumulate.includes(slot)
  const scale = op.scalars["scale"]
  const heads = Number(op.attributes["heads"])
  const eps = Number(op.attributes["eps"])
  const attended = (d: number) => ({ width: d, heads, alibi: op.attributes["alibi"] === true })
  const turned = (from: string, to: string, direction: 1 | -1) => {
    const d = width(from) / 3
    return rotary(
      setting,
      { width: d, heads, direction, adds: adds(to) },
      { x: at(from), table: angles(d / heads / 2, Number(op.attributes["theta"])), y: at(to) },
    )
  }
  switch (op.kind) {
    case "embed":
      return embed(setting, width("y"), scale, {
        table: partsAt("table"),
        positions: maybe("positions"),
        y: at("y"),
      })
    case "embed_backward":
      return embedBackward(setting, width("dy"), scale, {
        dy: at("dy"),
        dtable: partsAt("dtable"),
        dpositions: maybe("dpositions"),
      })
    case "norm":
      return [
        norm(setting, all(width("x")), eps, {
          x: at("x"),
          gain: maybe("gain"),
          bias: maybe("bias"),
          y: at("y"),
          stats: at("stats"),
        }),
      ]
    case "norm_backward":
      return normBackward(setting, all(width("x")), adds("dx"), {
        dy: at("dy"),
        x: at("x"),
        stats: at("stats"),
        gain: maybe("gain"),
        dx: at("dx"),
        dgain: maybe("dgain"),
        dbias: maybe("dbias"),
        scratch,
      })
    case "qk_norm": {
      const d = width("x") / 3
      const part = (index: 0 | 1, gain: string, bias: string) =>
        norm(setting, third(d, index), eps, {
          x: at("x"),
          gain: at(gain),
          bias: maybe(bias),
          y: at("y"),
          stats: at("stats"),
        })
      const v = copyColumns(setting, third(d, 2), false, { x: at("x"), y: at("y") })
      return [part(0, "qgain", "qbias"), part(1, "kgain", "kbias"), v]
    }
    case "qk_norm_backward": {
      const d = width("x") / 3
      const part = (index: 0 | 1, letter: "q" | "k") =>
        normBackward(setting, third(d, index), adds("dx"), {
          dy: at("dy"),
          x: at("x"),
          stats: at("stats"),
          gain: at(`${letter}gain`),
          dx: at("dx"),
          dgain: at(`d${letter}gain`),
          dbias: maybe(`d${letter}bias`),
          scratch,
        })
      const v = copyColumns(setting, third(d, 2), adds("dx"), { x: at("dy"), y: at("dx") })
      return [...part(0, "q"), ...part(1, "k"), v]
    }
    case "linear":
      return linear(setting, { inputs: width("x"), outputs: width("y") }, scale, {
        x: at("x"),
        weight: partsAt("weight"),
        bias: maybe("bias"),
        residual: maybe("residual"),
        y: at("y"),
      })
    case "linear_backward":
      return linearBackward(setting, { inputs: width("x"), outputs: width("dy") }, scale, adds("dx"), {
        dy: at("dy"),
        x: at("x"),
        weight: partsAt("weight"),
        dx: maybe("dx"),
        dweight: partsAt("dweight"),
        dbias: maybe("dbias"),
        scratch,
      })
    case "gelu":
      return [gelu(setting, width("x"), { x: at("x"), y: at("y") })]
    case "gelu_backward":
      return [geluBackward(setting, width("x"), adds("dx"), { dy: at("dy"), x: at("x"), dx: at("dx") })]
    case "rotary":
      return [turned("x", "y", 1)]
    case "rotary_backward":
      return [turned("dy", "dx", -1)]
    case "attention":
      return [attention(setting, attended(width("y")), scale, { qkv: at("qkv"), y: at("y"), lse: at("lse") })]
    case "attention_backward":
      return attentionBackward(setting, attended(width("y")), scale, adds("dqkv"), {
        dy: at("dy"),
        qkv: at("qkv"),
        y: at("y"),
        lse: at("lse"),
        dqkv: at("dqkv"),
        scratch,
      })
    case "cross_entropy":
      return [crossEntropy(setting, width("logits"), { logits: at("logits"), loss: at("loss"), lse: at("lse") })]
    case "cross_entropy_backward":
      return [
        crossEntropyBackward(setting, width("logits"), adds("dlogits"), {
          logits: at("logits"),
          lse: at("lse"),
          dlogits: at("dlogits"),
        }),
      ]
    default:
      throw new Error(`${op.kind} has no place among operations on tokens`)
  }
}
