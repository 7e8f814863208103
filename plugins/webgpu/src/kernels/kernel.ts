/**
 * How a kernel is written: WGSL text around tensors that hold all lanes, one after the other.
 *
 * Group 0 is the call (sizes and lanes at work, by dynamic offset) and the words it reads; group 1 are the kernel's
 * tensors. The third dimension of the grid is the lane.
 */
import type { Place } from "../layout.ts"

/** Sizes of one pass over the activations. */
export interface CallSize {
  readonly sequences: number
  readonly rows: number
}

/** Workgroups in x and y. */
export type Grid = (size: CallSize) => readonly [x: number, y: number]

export interface Dispatch {
  readonly label: string
  /** Equal texts share one pipeline. */
  readonly code: string
  /** Whole numbers that the text leaves open, in order. */
  readonly shape: readonly number[]
  readonly places: readonly Place[]
  readonly grid: Grid
}

/**
 * How invocations work together: not at all (software adapters are slow at barriers), over workgroup memory, or over that with rows added
 * up within subgroups.
 */
export type Kernels = "independent" | "cooperative" | "subgroups"

/** What all kernels of one executable have in common; it is written into their text. */
export interface Setting {
  readonly kernels: Kernels
  readonly lanes: number
  readonly sequenceLength: number
  /** Tokens of a block: gradients of parameters are summed block by block, from left to right. */
  readonly blockRows: number
  /** Place of a run-time scalar among the lane's. */
  readonly scalar: (name: string) => number
}

/** Invocations of a workgroup, but for tiled products. */
export const WORKGROUP = 64
/** Most workgroups in one dimension that every adapter has. */
const MOST_GROUPS = 65535

const spread = (groups: number): readonly [number, number] =>
  groups <= MOST_GROUPS ? [groups, 1] : [MOST_GROUPS, Math.ceil(groups / MOST_GROUPS)]

/** One invocation for each of so many things. */
export const threads =
  (count: (size: CallSize) => number): Grid =>
  (size) =>
    spread(Math.ceil(count(size) / WORKGROUP))

export const groups =
  (count: (size: CallSize) => number): Grid =>
  (size) =>
    spread(count(size))

/** How the text of a kernel reads and writes elements of a tensor, counted from the lane's first: as float32, however they are stored. */
export interface Access {
  (at: string): string
  /** A statement; with `adds` the value is added to what is there. */
  readonly set: (at: string, value: string, adds?: boolean) => string
}

/** By the names that the tensors have in the text. */
export const access = <Name extends string>(
  tensors: Readonly<Record<Name, Place | undefined>>,
): Readonly<Record<Name, Access>> => {
  const of = (name: string, half: boolean): Access => {
    const element = (at: string) => `${name}[${name}At + ${at}]`
    const read = (at: string) => (half ? `f32(${element(at)})` : element(at))
    const set = (at: string, value: string, adds = false) => {
      const all = adds ? `${read(at)} + ${value}` : value
      return `${element(at)} = ${half ? `f16(${all})` : all};`
    }
    return Object.assign(read, { set })
  }
  const entries = Object.entries<Place | undefined>(tensors)
  return Object.fromEntries(entries.map(([name, place]) => [name, of(name, place?.half === true)])) as never
}

/** A number as WGSL writes it: float32, decimal. */
export const float = (value: number): string => {
  const text = String(Math.fround(value))
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`
}

export interface Parts {
  readonly label: string
  /** Tensors by the name they have in the text; absent ones are left out. `nAt` is where the lane's part of `n` begins. */
  readonly tensors: Readonly<Record<string, Place | undefined>>
  readonly grid: Grid
  /** What stands outside of the function. */
  readonly outside?: string
  readonly workgroup?: string
  readonly body: string
}

/** Most lanes of an executable; the number there are is no part of a kernel, so that all share one. */
export const MAX_LANES = 64

/** Words of a call's uniform before its lanes. */
export const CALL_HEAD = 8

/** `held`: lanes of the executable; `scalars` and `scalarWords`: where scalars of the lanes begin in `words`, and how many words a lane has. */
const prelude = `
struct Lane { index: u32, tokens: u32, links: u32, steps: u32 }
struct Call {
  rows: u32, sequences: u32, results: u32, held: u32, scalars: u32, scalarWords: u32, free0: u32, free1: u32,
  lanes: array<Lane, ${MAX_LANES}>
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read> words: array<u32>;
fn scalar(lane: u32, place: u32) -> f32 { return bitcast<f32>(words[call.scalars + lane * call.scalarWords + 2u * place]); }
`

/** Numbers up to this stay in the text: most are of the kernel itself, not of a shape. */
const SMALL = 4

/**
 * Whole numbers of a text out of it and into a uniform: drivers in software take a tenth of a second for a kernel, and seconds where
 * they unroll its loops, so that all shapes share one. On a GPU numbers in the text are faster.
 */
const leaveOpen = (text: string): { readonly body: string; readonly shape: readonly number[] } => {
  const shape: number[] = []
  const opened = text.replaceAll(/\b(\d+)u\b/g, (literal, digits) => {
    const value = Number(digits)
    if (value <= SMALL) return literal
    const known = shape.indexOf(value)
    return `size${known < 0 ? shape.push(value) - 1 : known}`
  })
  const names = shape.map((_, at) => `let size${at} = shape[${at >> 2}].${"xyzw"[at & 3]};`)
  const body = `${names.join("\n  ")}\n  ${opened}`
  return { body, shape }
}

/** Puts a kernel together. `slot`, `lane`, `group` (its running number), `thread` and `local` are there for the body. */
export const dispatch = (setting: Setting, parts: Parts): Dispatch => {
  const present = Object.entries(parts.tensors).filter((entry): entry is [string, Place] => entry[1] !== undefined)
  const declarations = present.map(
    ([name, { half }], i) =>
      `@group(1) @binding(${i}) var<storage, read_write> ${name}: array<${half === true ? "f16" : "f32"}>;`,
  )
  const bases = present.map(([name, { stride }]) => `let ${name}At = lane * ${stride}u;`)
  const text = `${bases.join("\n  ")}\n${parts.body}`
  const { body, shape } = setting.kernels === "independent" ? leaveOpen(text) : { body: text, shape: [] }
  if (shape.length > 0) {
    const vectors = Math.ceil(shape.length / 4)
    declarations.push(`@group(1) @binding(${present.length}) var<uniform> shape: array<vec4<u32>, ${vectors}>;`)
  }
  const halves = present.some(([, { half }]) => half === true)
  const subgroups = setting.kernels === "subgroups"
  const builtins = [
    "@builtin(workgroup_id) wid: vec3<u32>",
    "@builtin(local_invocation_id) lid: vec3<u32>",
    "@builtin(num_workgroups) count: vec3<u32>",
    ...(subgroups
      ? ["@builtin(subgroup_invocation_id) subgroupMember: u32", "@builtin(subgroup_size) subgroupMembers: u32"]
      : []),
  ]
  const code = `${halves ? "enable f16;" : ""}${subgroups ? "enable subgroups;" : ""}${prelude}${declarations.join("\n")}
${parts.outside ?? ""}
@compute @workgroup_size(${parts.workgroup ?? WORKGROUP})
fn main(${builtins.join(", ")}) {
  let slot = wid.z;
  let lane = call.lanes[slot].index;
  let group = wid.y * count.x + wid.x;
  let local = lid.x;
  let thread = group * ${WORKGROUP}u + local;
  ${body}
}
`
  return { label: parts.label, code, shape, places: present.map(([, place]) => place), grid: parts.grid }
}

/** `scale` of an operation, which not every one has. */
export const scaleOf = (setting: Setting, name: string | undefined): string =>
  name === undefined ? "1.0f" : `scalar(lane, ${setting.scalar(name)}u)`
