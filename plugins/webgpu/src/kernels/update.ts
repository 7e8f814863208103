/**
 * What follows the last micro-batch: each kernel once for many tensors. Tensors of one role lie one after the other in the same
 * order, so that element e of a parameter, its gradient and its moments have the same place.
 *
 * Which tensor an element belongs to is looked up by its chunk; the words say where tables are.
 */
import type { Place } from "../layout.ts"
import { type Dispatch, dispatch, groups, type Setting, threads } from "./kernel.ts"
import { teamOf } from "./team.ts"

/** Floats that every tensor is padded to: the tensor of an element is looked up by its chunk, and a chunk is squared and added up as one. */
export const CHUNK = 1024

/** Consecutive tensors, and where words say what they are. */
export interface Tensors {
  /** Chunks of one lane in all the tensors. */
  readonly chunks: number
  /** Word of the first chunk: each names its tensor's record. */
  readonly chunkTable: number
  /** Word of the first record: chunks of earlier tensors, chunks of the tensor, then codes of scalars. */
  readonly records: number
  readonly recordWords: number
}

/** Highest bit of a scalar's code: it is one of those that a step brings along. */
export const STEP_CODE = 2 ** 31

/**
 * `record`, and `start`, the place of the first element of chunk `chunk` of the lane, where a buffer holds all lanes of a tensor side by
 * side.
 */
const find = ({ chunkTable, records, recordWords }: Tensors): string => `
  let record = ${records}u + words[${chunkTable}u + chunk] * ${recordWords}u;
  let before = words[record];
  let start = ((call.held - 1u) * before + lane * words[record + 1u] + chunk) * ${CHUNK}u;`

const code = `
fn high(lane: u32, slot: u32, word: u32) -> f32 {
  let place = words[word];
  if ((place & 0x80000000u) != 0u) { return bitcast<f32>(words[call.lanes[slot].steps + 2u * (place & 0x7fffffffu)]); }
  return scalar(lane, place);
}
fn complement(lane: u32, slot: u32, word: u32) -> f32 {
  let place = words[word];
  if ((place & 0x80000000u) != 0u) {
    let at = call.lanes[slot].steps + 2u * (place & 0x7fffffffu);
    return (1.0f - bitcast<f32>(words[at])) - bitcast<f32>(words[at + 1u]);
  }
  return (1.0f - scalar(lane, place)) - scalarRest(lane, place);
}`

const outside = `
fn scalarRest(lane: u32, place: u32) -> f32 {
  return bitcast<f32>(words[call.scalars + lane * call.scalarWords + 2u * place + 1u]);
}
${code}`

/** Elements of a chunk that an invocation works on: what is looked up for them is looked up once. */
const share = ({ kernels }: Setting): number => (kernels === "independent" ? 16 : 4)

/** What is done to every element, at its place `at`; `before` once for all of an invocation. */
interface Rule {
  readonly before: string
  readonly each: string
}

const elementwise = (
  setting: Setting,
  tensors: Tensors,
  label: string,
  places: Readonly<Record<string, Place>>,
  { before, each }: Rule,
): Dispatch => {
  const side = CHUNK / share(setting)
  return dispatch(setting, {
    label,
    tensors: places,
    grid: threads(() => tensors.chunks * side),
    outside,
    body: `
  let chunk = thread / ${side}u;
  if (chunk >= ${tensors.chunks}u) { return; }
  ${find(tensors)}
  ${before}
  for (var i = thread % ${side}u; i < ${CHUNK}u; i += ${side}u) {
    let at = start + i;
    ${each}
  }`,
  })
}

/** A scalar of the record's operation, by its slot's place in the definition. */
const high = (place: number): string => `high(lane, slot, record + ${place + 2}u)`
const complement = (place: number): string => `complement(lane, slot, record + ${place + 2}u)`

/**
 * Slots 0 to 5 are those of every optimiser: gradScale, clip, eta, etaMultiplier, decay, decayMultiplier. An infinite clip comes as
 * the largest float32, and a norm that is no number clips nothing: the caller sees it. The gradient is cleared on the way.
 */
const common: Rule = {
  before: `
  let norm = norms[normsAt];
  var factor = ${high(0)};
  let clip = ${high(1)};
  if (norm + 1e-6f > clip) { factor *= clip / (norm + 1e-6f); }
  let kept = 1.0f - ${high(4)} * ${high(5)};
  let rate = ${high(2)} * ${high(3)};`,
  each: `
    let g = factor * gradient[at];
    gradient[at] = 0.0f;`,
}

/** Slots 6 to 10 of adamw: beta1, beta2, eps, correction1, correction2. */
const adamw: Rule = {
  before: `${common.before}
  let beta1 = ${high(6)};
  let rest1 = ${complement(6)};
  let beta2 = ${high(7)};
  let rest2 = ${complement(7)};
  let eps = ${high(8)};
  let correction1 = ${high(9)};
  let root2 = sqrt(${high(10)});`,
  each: `${common.each}
    let first = beta1 * m[at] + rest1 * g;
    let second = beta2 * v[at] + rest2 * g * g;
    m[at] = first;
    v[at] = second;
    parameter[at] = parameter[at] * kept - (rate * (first / correction1)) / (sqrt(second) / root2 + eps);`,
}

/** Slot 6 of sgd and signum: momentum. */
const sgd: Rule = {
  before: `${common.before}
  let decay = ${high(6)};`,
  each: `${common.each}
    let next = decay * momentum[at] + g;
    momentum[at] = next;
    parameter[at] = parameter[at] * kept - rate * next;`,
}

const signum: Rule = {
  before: `${common.before}
  let decay = ${high(6)};
  let rest = ${complement(6)};`,
  each: `${common.each}
    let next = decay * momentum[at] + rest * g;
    momentum[at] = next;
    parameter[at] = parameter[at] * kept - rate * sign(next);`,
}

const rules = { adamw, sgd, signum } as const

export const optimise = (
  setting: Setting,
  kind: keyof typeof rules,
  tensors: Tensors,
  places: Readonly<Record<string, Place>>,
): Dispatch => elementwise(setting, tensors, kind, places, rules[kind])

/** `average = decay * average + (1 - decay) * parameter`. */
export const average = (
  setting: Setting,
  tensors: Tensors,
  places: { readonly parameter: Place; readonly average: Place },
): Dispatch =>
  elementwise(setting, tensors, "average", places, {
    before: `let decay = ${high(0)}; let rest = ${complement(0)};`,
    each: "average[at] = decay * average[at] + rest * parameter[at];",
  })

/** The correction that an evaluation of an average brings along. */
export const CORRECTION = "bitcast<f32>(words[call.lanes[slot].steps])"

/** Weights to evaluate with: so many times what stands elsewhere. */
export const scaled = (
  setting: Setting,
  tensors: Tensors,
  factor: string,
  places: { readonly source: Place; readonly averaged: Place },
): Dispatch =>
  elementwise(setting, tensors, "averaged weights", places, {
    before: `let factor = ${factor};`,
    each: "averaged[at] = factor * source[at];",
  })

export const clear = (setting: Setting, tensors: Tensors, places: { readonly gradient: Place }): Dispatch =>
  elementwise(setting, tensors, "clear", places, { before: "", each: "gradient[at] = 0.0f;" })

/** What another operation has added up apart for the same gradient, before anybody looks at it. */
export const fold = (setting: Setting, places: { readonly gradient: Place; readonly apart: Place }): Dispatch =>
  dispatch(setting, {
    label: "fold",
    tensors: places,
    grid: threads(() => places.apart.stride),
    body: `
  if (thread >= ${places.apart.stride}u) { return; }
  gradient[gradientAt + thread] += apart[apartAt + thread];
  apart[apartAt + thread] = 0.0f;`,
  })

/** Sums of squares, a chunk each, to `scratch` from `offset`. */
export const squares = (
  setting: Setting,
  tensors: Tensors,
  places: { readonly gradient: Place; readonly scratch: Place },
  offset: number,
): Dispatch => {
  const team = teamOf(setting)
  return dispatch(setting, {
    label: "global_norm, squares",
    tensors: places,
    grid: team.grid(() => tensors.chunks),
    outside: team.outside,
    body: `${team.begin(`${tensors.chunks}u`)}
  var part = 0.0f;
  let chunk = row;
  ${find(tensors)}
  for (var i = me; i < ${CHUNK}u; i += ${team.step}) {
    let g = gradient[start + i];
    part += g * g;
  }
  let sum = teamSum(me, part);
  if (me == 0u) { scratch[scratchAt + ${offset}u + row] = sum; }`,
  })
}

/** The norm from the sums of `chunks`: to the state where an update wants it, and to where the host reads it. */
export const norm = (
  setting: Setting,
  chunks: number,
  gradScale: string,
  places: { readonly scratch: Place; readonly results: Place; readonly norms?: Place },
): Dispatch => {
  const team = teamOf(setting)
  return dispatch(setting, {
    label: "global_norm",
    tensors: places,
    grid: groups(() => 1),
    outside: `${team.outside}\n${outside}`,
    body: `${team.begin("1u")}
  var part = 0.0f;
  for (var s = me; s < ${chunks}u; s += ${team.step}) { part += scratch[scratchAt + s]; }
  let sum = teamSum(me, part);
  if (me == 0u) {
    let value = abs(${gradScale}) * sqrt(sum);
    ${places.norms === undefined ? "" : `norms[normsAt] = value;`}
    results[call.results + slot] = value;
  }`,
  })
}

/** WGSL of a scalar by its code. */
export const scalarBy = (code: number): string =>
  code >= STEP_CODE
    ? `bitcast<f32>(words[call.lanes[slot].steps + ${2 * (code - STEP_CODE)}u])`
    : `scalar(lane, ${code}u)`
