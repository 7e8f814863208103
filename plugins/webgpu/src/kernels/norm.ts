/** Layer norm of a part of every row: all of it for `norm`, the q or k third for `qk_norm`. */
import type { Place } from "../layout.ts"
import { columnSums } from "./columns.ts"
import { type Dispatch, dispatch, float, type Setting, threads } from "./kernel.ts"
import { teamOf } from "./team.ts"

export interface Part {
  /** Values that are normalised together. */
  readonly width: number
  /** Values of a whole row, and where the part begins in it. */
  readonly pitch: number
  readonly from: number
  /** The same for mean and rstd. */
  readonly statsPitch: number
  readonly statsFrom: number
}

export const norm = (
  setting: Setting,
  { width, pitch, from, statsPitch, statsFrom }: Part,
  eps: number,
  tensors: {
    readonly x: Place
    readonly gain: Place | undefined
    readonly bias: Place | undefined
    readonly y: Place
    readonly stats: Place
  },
): Dispatch => {
  const team = teamOf(setting)
  const each = (body: string) => `for (var i = me; i < ${width}u; i += ${team.step}) { ${body} }`
  return dispatch(setting, {
    label: "norm",
    tensors,
    grid: team.grid(({ rows }) => rows),
    outside: team.outside,
    body: `${team.begin("call.rows")}
  let at = row * ${pitch}u + ${from}u;
  var part = 0.0f;
  ${each("part += x[xAt + at + i];")}
  let mean = teamSum(me, part) / f32(${width}u);
  part = 0.0f;
  ${each("let centred = x[xAt + at + i] - mean; part += centred * centred;")}
  let rstd = 1.0f / sqrt(teamSum(me, part) / f32(${width}u) + ${float(eps)});
  if (me == 0u) {
    stats[statsAt + row * ${statsPitch}u + ${statsFrom}u] = mean;
    stats[statsAt + row * ${statsPitch}u + ${statsFrom + 1}u] = rstd;
  }
  ${each(`
    var value = (x[xAt + at + i] - mean) * rstd;
    ${tensors.gain === undefined ? "" : "value *= gain[gainAt + i];"}
    ${tensors.bias === undefined ? "" : "value += bias[biasAt + i];"}
    y[yAt + at + i] = value;`)}`,
  })
}

export const normBackward = (
  setting: Setting,
  { width, pitch, from, statsPitch, statsFrom }: Part,
  adds: boolean,
  tensors: {
    readonly dy: Place
    readonly x: Place
    readonly stats: Place
    readonly gain: Place | undefined
    readonly dx: Place
    readonly dgain: Place | undefined
    readonly dbias: Place | undefined
    readonly scratch: Place
  },
): Dispatch[] => {
  const { dy, x, stats, gain, dx, dgain, dbias, scratch } = tensors
  const team = teamOf(setting)
  const scaled = gain === undefined ? "dy[dyAt + at + i]" : "dy[dyAt + at + i] * gain[gainAt + i]"
  const rows = dispatch(setting, {
    label: "norm_backward",
    tensors: { dy, x, stats, gain, dx },
    grid: team.grid(({ rows }) => rows),
    outside: team.outside,
    body: `${team.begin("call.rows")}
  let at = row * ${pitch}u + ${from}u;
  let mean = stats[statsAt + row * ${statsPitch}u + ${statsFrom}u];
  let rstd = stats[statsAt + row * ${statsPitch}u + ${statsFrom + 1}u];
  var part = 0.0f;
  var crossed = 0.0f;
  for (var i = me; i < ${width}u; i += ${team.step}) {
    let g = ${scaled};
    part += g;
    crossed += g * ((x[xAt + at + i] - mean) * rstd);
  }
  let meanG = teamSum(me, part) / f32(${width}u);
  let meanGX = teamSum(me, crossed) / f32(${width}u);
  for (var i = me; i < ${width}u; i += ${team.step}) {
    let xhat = (x[xAt + at + i] - mean) * rstd;
    let value = rstd * (${scaled} - meanG - xhat * meanGX);
    dx[dxAt + at + i] = ${adds ? "dx[dxAt + at + i] + value" : "value"};
  }`,
  })
  const parameters = columnSums(setting, {
    label: "norm_backward",
    width,
    tensors: { dy, ...(dgain !== undefined && { x, stats }) },
    each: `let dyHere = dy[dyAt + n * ${pitch}u + ${from}u + i];`,
    terms: [
      {
        value: `dyHere * ((x[xAt + n * ${pitch}u + ${from}u + i] - stats[statsAt + n * ${statsPitch}u + ${statsFrom}u]) * stats[statsAt + n * ${statsPitch}u + ${statsFrom + 1}u])`,
        target: dgain,
      },
      { value: "dyHere", target: dbias },
    ],
    scratch,
  })
  return [rows, ...parameters]
}

/** What `qk_norm` does to v: nothing. */
export const copyPart = (
  setting: Setting,
  { width, pitch, from }: Pick<Part, "width" | "pitch" | "from">,
  adds: boolean,
  tensors: { readonly x: Place; readonly y: Place },
): Dispatch =>
  dispatch(setting, {
    label: "copy",
    tensors,
    grid: threads(({ rows }) => rows * width),
    body: `
  let at = (thread / ${width}u) * ${pitch}u + ${from}u + thread % ${width}u;
  if (thread >= call.rows * ${width}u) { return; }
  y[yAt + at] = ${adds ? "y[yAt + at] + " : ""}x[xAt + at];`,
  })
