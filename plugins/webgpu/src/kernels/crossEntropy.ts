import type { Place } from "../layout.ts"
import { access, type Dispatch, dispatch, type Setting, threads } from "./kernel.ts"
import { teamOf } from "./team.ts"

const target = ({ sequenceLength: S }: Setting, n: string): string =>
  `words[call.lanes[slot].tokens + (${n} / ${S}u) * ${S + 1}u + ${n} % ${S}u + 1u]`

/** Per token `lse` and `lse - logits[target]`, nats. */
export const crossEntropy = (
  setting: Setting,
  vocabulary: number,
  tensors: { readonly logits: Place; readonly loss: Place; readonly lse: Place },
): Dispatch => {
  const team = teamOf(setting)
  const { logits, loss, lse } = access(tensors)
  const each = (body: string) => `for (var v = me; v < ${vocabulary}u; v += ${team.step}) { ${body} }`
  return dispatch(setting, {
    label: "cross_entropy",
    tensors,
    grid: team.grid(({ rows }) => rows),
    outside: team.outside,
    body: `${team.begin("call.rows")}
  let at = row * ${vocabulary}u;
  var most = ${logits("at")};
  ${each(`most = max(most, ${logits("at + v")});`)}
  let top = teamMax(me, most);
  var part = 0.0f;
  ${each(`part += exp(${logits("at + v")} - top);`)}
  let logSum = top + log(teamSum(me, part));
  if (me == 0u) {
    ${lse.set("row", "logSum")}
    ${loss.set("row", `logSum - ${logits(`at + ${target(setting, "row")}`)}`)}
  }`,
  })
}

/** `softmax(logits) - onehot(target)`. */
export const crossEntropyBackward = (
  setting: Setting,
  vocabulary: number,
  adds: boolean,
  tensors: { readonly logits: Place; readonly lse: Place; readonly dlogits: Place },
): Dispatch => {
  const { logits, lse, dlogits } = access(tensors)
  return dispatch(setting, {
    label: "cross_entropy_backward",
    tensors,
    grid: threads(({ rows }) => rows * vocabulary),
    body: `
  let n = thread / ${vocabulary}u;
  if (n >= call.rows) { return; }
  let hit = thread % ${vocabulary}u == ${target(setting, "n")};
  let value = exp(${logits("thread")} - ${lse("n")}) - select(0.0f, 1.0f, hit);
  ${dlogits.set("thread", "value", adds)}`,
  })
}

/** Sums of the token losses of each sequence, to where the host reads them. */
export const sequenceLosses = (
  setting: Setting,
  tensors: { readonly loss: Place; readonly results: Place },
): Dispatch => {
  const team = teamOf(setting)
  const S = setting.sequenceLength
  return dispatch(setting, {
    label: "losses of sequences",
    tensors,
    grid: team.grid(({ sequences }) => sequences),
    outside: team.outside,
    body: `${team.begin("call.sequences")}
  var part = 0.0f;
  for (var t = me; t < ${S}u; t += ${team.step}) { part += loss[lossAt + row * ${S}u + t]; }
  let sum = teamSum(me, part);
  if (me == 0u) { results[call.results + slot * call.sequences + row] = sum; }`,
  })
}
