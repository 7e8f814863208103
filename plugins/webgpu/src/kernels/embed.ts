import type { Place } from "../layout.ts"
import { type Dispatch, dispatch, type Setting, scaleOf, threads } from "./kernel.ts"

/** `y = scale * (table[id] + positions[t mod S])`, an invocation for each element. */
export const embed = (
  setting: Setting,
  width: number,
  scale: string | undefined,
  tensors: { readonly table: Place; readonly positions: Place | undefined; readonly y: Place },
): Dispatch => {
  const S = setting.sequenceLength
  return dispatch(setting, {
    label: "embed",
    tensors,
    grid: threads(({ rows }) => rows * width),
    body: `
  let n = thread / ${width}u;
  let i = thread % ${width}u;
  if (n >= call.rows) { return; }
  let t = n % ${S}u;
  let id = words[call.lanes[slot].tokens + (n / ${S}u) * ${S + 1}u + t];
  let value = table[tableAt + id * ${width}u + i]${tensors.positions === undefined ? "" : ` + positions[positionsAt + t * ${width}u + i]`};
  y[yAt + thread] = ${scaleOf(setting, scale)} * value;`,
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
  tensors: { readonly dy: Place; readonly dtable: Place; readonly dpositions: Place | undefined },
): Dispatch[] => {
  const S = setting.sequenceLength
  const { dy, dtable, dpositions } = tensors
  const table = dispatch(setting, {
    label: "embed_backward",
    tensors: { dy, dtable },
    grid: threads(({ rows }) => rows * width),
    body: `
  let n = thread / ${width}u;
  let i = thread % ${width}u;
  if (n >= call.rows) { return; }
  let links = call.lanes[slot].links;
  if ((words[links + n] & 0x80000000u) == 0u) { return; }
  let id = words[call.lanes[slot].tokens + (n / ${S}u) * ${S + 1}u + n % ${S}u];
  let factor = ${scaleOf(setting, scale)};
  let at = dtableAt + id * ${width}u + i;
  var sum = dtable[at];
  var next = n + 1u;
  while (next != 0u) {
    sum += factor * dy[dyAt + (next - 1u) * ${width}u + i];
    next = words[links + next - 1u] & 0x7fffffffu;
  }
  dtable[at] = sum;`,
  })
  if (dpositions === undefined) return [table]
  const positions = dispatch(setting, {
    label: "embed_backward, positions",
    tensors: { dy, dpositions },
    grid: threads(() => S * width),
    body: `
  if (thread >= ${S * width}u) { return; }
  let factor = ${scaleOf(setting, scale)};
  var sum = dpositions[dpositionsAt + thread];
  for (var s = 0u; s < call.sequences; s++) { sum += factor * dy[dyAt + s * ${S * width}u + thread]; }
  dpositions[dpositionsAt + thread] = sum;`,
  })
  return [table, positions]
}
