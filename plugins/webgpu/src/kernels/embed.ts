import type { Part, Place } from "../layout.ts"
import { access, type Dispatch, dispatch, type Setting, scaleOf, threads } from "./kernel.ts"

/** What leaves the ids alone that are not in the part; `id` counts from its first row then. */
const within = ({ firstRow, rows }: Part, parts: readonly Part[]): string =>
  parts.length === 1
    ? ""
    : `if (token < ${firstRow}u || token >= ${firstRow + rows}u) { return; }
  let id = token - ${firstRow}u;`

/** `y = scale * (table[id] + positions[t mod S])`, an invocation for each element; a dispatch for each part of the table. */
export const embed = (
  setting: Setting,
  width: number,
  scale: string | undefined,
  tensors: { readonly table: readonly Part[]; readonly positions: Place | undefined; readonly y: Place },
): Dispatch[] => {
  const S = setting.sequenceLength
  return tensors.table.map((part) => {
    const places = { ...tensors, table: part.place }
    const { table, positions, y } = access(places)
    return dispatch(setting, {
      label: "embed",
      tensors: places,
      grid: threads(({ rows }) => rows * width),
      body: `
  let n = thread / ${width}u;
  let i = thread % ${width}u;
  if (n >= call.rows) { return; }
  let t = n % ${S}u;
  let ${tensors.table.length === 1 ? "id" : "token"} = words[call.lanes[slot].tokens + (n / ${S}u) * ${S + 1}u + t];
  ${within(part, tensors.table)}
  let value = ${table(`id * ${width}u + i`)}${tensors.positions === undefined ? "" : ` + ${positions(`t * ${width}u + i`)}`};
  ${y.set("thread", `${scaleOf(setting, scale)} * value`)}`,
    })
  })
}

/**
 * Rows are added in token order. The tokens of one id are a chain, made where the tokens are checked: a link holds the
 * place after the next token of that id, or 0, and its highest bit marks the first of a chain.
 */
export const embedBackward = (
  setting: Setting,
  width: number,
  scale: string | undefined,
  tensors: { readonly dy: Place; readonly dtable: readonly Part[]; readonly dpositions: Place | undefined },
): Dispatch[] => {
  const S = setting.sequenceLength
  const { dy, dtable, dpositions } = tensors
  const table = dtable.map((part) => {
    const of = access({ dy, dtable: part.place })
    return dispatch(setting, {
      label: "embed_backward",
      tensors: { dy, dtable: part.place },
      grid: threads(({ rows }) => rows * width),
      body: `
  let n = thread / ${width}u;
  let i = thread % ${width}u;
  if (n >= call.rows) { return; }
  let links = call.lanes[slot].links;
  if ((words[links + n] & 0x80000000u) == 0u) { return; }
  let ${dtable.length === 1 ? "id" : "token"} = words[call.lanes[slot].tokens + (n / ${S}u) * ${S + 1}u + n % ${S}u];
  ${within(part, dtable)}
  let factor = ${scaleOf(setting, scale)};
  let at = id * ${width}u + i;
  var sum = ${of.dtable("at")};
  var next = n + 1u;
  while (next != 0u) {
    sum += factor * ${of.dy(`(next - 1u) * ${width}u + i`)};
    next = words[links + next - 1u] & 0x7fffffffu;
  }
  ${of.dtable.set("at", "sum")}`,
    })
  })
  if (dpositions === undefined) return table
  const of = access({ dy, dpositions })
  const positions = dispatch(setting, {
    label: "embed_backward, positions",
    tensors: { dy, dpositions },
    grid: threads(() => S * width),
    body: `
  if (thread >= ${S * width}u) { return; }
  let factor = ${scaleOf(setting, scale)};
  var sum = ${of.dpositions("thread")};
  for (var s = 0u; s < call.sequences; s++) { sum += factor * ${of.dy(`s * ${S * width}u + thread`)}; }
  ${of.dpositions.set("thread", "sum")}`,
  })
  return [...table, positions]
}
