/**
 * Causal attention by rows: an invocation holds one query, or one key and its value, and goes through its partners in order.
 * The workgroups of a head share tiles of the partners in workgroup memory, or read them directly.
 *
 * Nothing of size S x S is kept: backward computes the weights again from `lse` (Dao et al. 2022, section 3 and appendix B).
 */
import { alibiSlopes } from "@ts/program"
import type { Place } from "../layout.ts"
import {
  type Access,
  access,
  type Dispatch,
  dispatch,
  float,
  groups,
  type Setting,
  scaleOf,
  threads,
  WORKGROUP,
} from "./kernel.ts"

export interface Heads {
  readonly width: number
  readonly heads: number
  readonly alibi: boolean
}

/** Floats of workgroup memory that every adapter has. */
const SHARED_FLOATS = 4096

/** What varies between the three walks over pairs. */
interface Walk {
  readonly label: string
  readonly tensors: Readonly<Record<string, Place>>
  readonly scale: string | undefined
  /** Rows of `size` floats that a partner has, and the WGSL of their element `c` in token row `row`. */
  readonly partner: readonly ((row: string, c: string) => string)[]
  /** Single numbers that a partner has, besides. */
  readonly numbers: readonly ((row: string) => string)[]
  /** Queries walk over the keys up to their own place, keys over the queries from theirs on. */
  readonly over: "keys" | "queries"
  readonly before: string
  /** For each partner at place `j` of the sequence; `p0(c)`, `p1(c)` are its rows, `number0`, ... its numbers. */
  readonly each: (row: (index: number, c: string) => string, number: (index: number) => string) => string
  readonly after: string
}

const slopeOf = ({ heads, alibi }: Heads): string =>
  alibi ? `const slopes = array<f32, ${heads}>(${[...alibiSlopes(heads)].map(float).join(", ")});` : ""

const walk = (setting: Setting, size: Heads, parts: Walk): Dispatch => {
  const S = setting.sequenceLength
  const E = size.width / size.heads
  const { partner, numbers, over } = parts
  const perPartner = partner.length * E + numbers.length
  const tile = Math.max(1, Math.min(32, Math.floor(SHARED_FLOATS / perPartner)))
  const blocks = Math.ceil(S / WORKGROUP)
  const common = {
    label: parts.label,
    tensors: parts.tensors,
  }
  const slope = size.alibi ? "slopes[head]" : "0.0f"
  const start = `
  let scale = ${scaleOf(setting, parts.scale)};
  let slope = ${slope};
  let row = sequence * ${S}u + i;
  ${parts.before}`
  if (setting.kernels === "independent") {
    const from = over === "keys" ? "0u" : "i"
    const to = over === "keys" ? "i + 1u" : `${S}u`
    return dispatch(setting, {
      ...common,
      grid: threads(({ rows }) => rows * size.heads),
      outside: slopeOf(size),
      body: `
  if (thread >= call.rows * ${size.heads}u) { return; }
  let head = thread / call.rows;
  let sequence = (thread % call.rows) / ${S}u;
  let i = (thread % call.rows) % ${S}u;
  ${start}
  for (var j = ${from}; j < ${to}; j++) {
    let other = sequence * ${S}u + j;
    ${parts.each(
      (index, c) => partner[index]("other", c),
      (index) => numbers[index]("other"),
    )}
  }
  ${parts.after}`,
    })
  }
  const memory = partner.map((_, p) => `var<workgroup> tile${p}: array<f32, ${tile * E}>;`)
  const single = numbers.map((_, p) => `var<workgroup> number${p}: array<f32, ${tile}>;`)
  // The tiles that any invocation of the workgroup needs: bounds are the same for all of them.
  const from = over === "keys" ? "0u" : `block * ${WORKGROUP}u`
  const to = over === "keys" ? `min(${S}u, (block + 1u) * ${WORKGROUP}u)` : `${S}u`
  const wanted = over === "keys" ? "j <= i" : "j >= i"
  return dispatch(setting, {
    ...common,
    grid: groups(({ sequences }) => sequences * size.heads * blocks),
    outside: [slopeOf(size), ...memory, ...single].join("\n"),
    body: `
  let block = group % ${blocks}u;
  let head = (group / ${blocks}u) % ${size.heads}u;
  let sequence = group / ${blocks * size.heads}u;
  if (sequence >= call.sequences) { return; }
  let place = block * ${WORKGROUP}u + local;
  let working = place < ${S}u;
  let i = min(place, ${S - 1}u);
  ${start}
  for (var j0 = ${from}; j0 < ${to}; j0 += ${tile}u) {
    workgroupBarrier();
    for (var e = local; e < ${tile * E}u; e += ${WORKGROUP}u) {
      let other = sequence * ${S}u + min(j0 + e / ${E}u, ${S - 1}u);
      let c = e % ${E}u;
      ${partner.map((value, p) => `tile${p}[e] = ${value("other", "c")};`).join("\n      ")}
    }
    ${
      numbers.length === 0
        ? ""
        : `for (var e = local; e < ${tile}u; e += ${WORKGROUP}u) {
      let other = sequence * ${S}u + min(j0 + e, ${S - 1}u);
      ${numbers.map((value, p) => `number${p}[e] = ${value("other")};`).join("\n      ")}
    }`
    }
    workgroupBarrier();
    for (var t = 0u; t < ${tile}u; t++) {
      let j = j0 + t;
      if (j < ${S}u && ${wanted}) {
        ${parts.each(
          (index, c) => `tile${index}[t * ${E}u + ${c}]`,
          (index) => `number${index}[t]`,
        )}
      }
    }
  }
  if (working) {
    ${parts.after}
  }`,
  })
}

/** WGSL of element `c` of a head's q, k or v in a row of `qkv`, or of a gradient of that shape. */
const third =
  ({ width, heads }: Heads, index: 0 | 1 | 2) =>
  (row: string, c: string): string =>
    `${row} * ${3 * width}u + ${index * width}u + head * ${width / heads}u + ${c}`

/** Of a tensor of a head's rows side by side. */
const head =
  ({ width, heads }: Heads) =>
  (row: string, c: string): string =>
    `${row} * ${width}u + head * ${width / heads}u + ${c}`

const perHead =
  (tensor: Access, { heads }: Heads) =>
  (row: string): string =>
    tensor(`${row} * ${heads}u + head`)

/** The tensor read at such places. */
const reading =
  (tensor: Access, place: (row: string, c: string) => string) =>
  (row: string, c: string): string =>
    tensor(place(row, c))

/** Heads up to this size are written out: an array whose places are known to the compiler lies in registers. */
const WRITTEN_OUT = 32

/** For each element `c` of a head. */
const loopOver =
  ({ width, heads }: Heads) =>
  (body: (c: string) => string): string => {
    const E = width / heads
    if (E > WRITTEN_OUT) return `for (var c = 0u; c < ${E}u; c++) { ${body("c")} }`
    return Array.from({ length: E }, (_, c) => body(String(c))).join("\n")
  }

const own = ({ width, heads }: Heads, names: readonly string[]): string =>
  names.map((name) => `var ${name}: array<f32, ${width / heads}>;`).join(" ")

export const attention = (
  setting: Setting,
  size: Heads,
  scale: string | undefined,
  tensors: { readonly qkv: Place; readonly y: Place; readonly lse: Place },
): Dispatch => {
  const each = loopOver(size)
  const { qkv, y, lse } = access(tensors)
  const [q, k, v] = ([0, 1, 2] as const).map((index) => reading(qkv, third(size, index)))
  return walk(setting, size, {
    label: "attention",
    tensors,
    scale,
    partner: [k, v],
    numbers: [],
    over: "keys",
    before: `
  ${own(size, ["q", "sum"])}
  ${each((c) => `q[${c}] = ${q("row", c)};`)}
  var most = -3.0e38f;
  var total = 0.0f;`,
    // Online softmax: what is there is scaled down whenever a larger logit comes.
    each: (row) => `
        var logit = 0.0f;
        ${each((c) => `logit += q[${c}] * ${row(0, c)};`)}
        logit = scale * logit - slope * f32(i - j);
        if (logit > most) {
          let shrink = exp(most - logit);
          total *= shrink;
          ${each((c) => `sum[${c}] *= shrink;`)}
          most = logit;
        }
        let weight = exp(logit - most);
        total += weight;
        ${each((c) => `sum[${c}] += weight * ${row(1, c)};`)}`,
    after: `
    ${lse.set(`row * ${size.heads}u + head`, "most + log(total)")}
    ${each((c) => y.set(head(size)("row", c), `sum[${c}] / total`))}`,
  })
}

/** Floats of scratch that a lane needs: `dy . y` of every row and head. */
export const attentionScratch = (rows: number, heads: number): number => rows * heads

export const attentionBackward = (
  setting: Setting,
  size: Heads,
  scale: string | undefined,
  adds: boolean,
  tensors: {
    readonly dy: Place
    readonly qkv: Place
    readonly y: Place
    readonly lse: Place
    readonly dqkv: Place
    readonly scratch: Place
  },
): Dispatch[] => {
  const { dy, qkv, y, lse, dqkv, scratch } = tensors
  const each = loopOver(size)
  const of = access(tensors)
  const [q, k, v] = ([0, 1, 2] as const).map((index) => reading(of.qkv, third(size, index)))
  const g = reading(of.dy, head(size))
  const logSum = perHead(of.lse, size)
  const dot = perHead(of.scratch, size)
  const store = (index: 0 | 1 | 2, c: string, value: string) => of.dqkv.set(third(size, index)("row", c), value, adds)

  const dots = dispatch(setting, {
    label: "attention_backward, dy.y",
    tensors: { dy, y, scratch },
    grid: threads(({ rows }) => rows * size.heads),
    body: `
  let row = thread / ${size.heads}u;
  let head = thread % ${size.heads}u;
  if (row >= call.rows) { return; }
  var sum = 0.0f;
  ${each((c) => `sum += ${g("row", c)} * ${of.y(head(size)("row", c))};`)}
  ${of.scratch.set("thread", "sum")}`,
  })
  const queries = walk(setting, size, {
    label: "attention_backward, dq",
    tensors: { dy, qkv, lse, dqkv, scratch },
    scale,
    partner: [k, v],
    numbers: [],
    over: "keys",
    before: `
  ${own(size, ["q", "g", "sum"])}
  ${each((c) => `q[${c}] = ${q("row", c)}; g[${c}] = ${g("row", c)};`)}
  let logSum = ${logSum("row")};
  let mean = ${dot("row")};`,
    each: (row) => `
        var logit = 0.0f;
        var dp = 0.0f;
        ${each((c) => `logit += q[${c}] * ${row(0, c)}; dp += g[${c}] * ${row(1, c)};`)}
        let dlogit = scale * exp(scale * logit - slope * f32(i - j) - logSum) * (dp - mean);
        ${each((c) => `sum[${c}] += dlogit * ${row(0, c)};`)}`,
    after: each((c) => store(0, c, `sum[${c}]`)),
  })
  const keys = walk(setting, size, {
    label: "attention_backward, dk dv",
    tensors: { dy, qkv, lse, dqkv, scratch },
    scale,
    partner: [q, g],
    numbers: [logSum, dot],
    over: "queries",
    before: `
  ${own(size, ["k", "v", "sumK", "sumV"])}
  ${each((c) => `k[${c}] = ${k("row", c)}; v[${c}] = ${v("row", c)};`)}`,
    each: (row, number) => `
        var logit = 0.0f;
        var dp = 0.0f;
        ${each((c) => `logit += ${row(0, c)} * k[${c}]; dp += ${row(1, c)} * v[${c}];`)}
        let weight = exp(scale * logit - slope * f32(j - i) - ${number(0)});
        let dlogit = scale * weight * (dp - ${number(1)});
        ${each((c) => `sumK[${c}] += dlogit * ${row(0, c)}; sumV[${c}] += weight * ${row(1, c)};`)}`,
    after: each((c) => `${store(1, c, `sumK[${c}]`)} ${store(2, c, `sumV[${c}]`)}`),
  })
  return [dots, queries, keys]
}
