/** Layer norm of a part of every row: all of it for `norm`, the q or k third for `qk_norm`. */
import type { Place } from "../layout.ts"
import { columnSums } from "./columns.ts"
import { access, type Dispatch, dispatch, float, type Setting, threads } from "./kernel.ts"
import { teamOf } from "./team.ts"

export interface Columns {
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
  { width, pitch, from, statsPitch, statsFrom }: Columns,
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
  const { x, gain, bias, y, stats } = access(tensors)
  const each = (body: string) => `for (var i = me; i < ${width}u; i += ${team.step}) { ${body} }`
  return dispatch(setting, {
    label: "norm",
    tensors,
    grid: team.grid(({ rows }) => rows),
    outside: team.outside,
    body: `${team.begin("call.rows")}
  let at = row * ${pitch}u + ${from}u;
  var part = 0.0f;
  ${each(`part += ${x("at + i")};`)}
  let mean = teamSum(me, part) / f32(${width}u);
  part = 0.0f;
  ${each(`let centred = ${x("at + i")} - mean; part += centred * centred;`)}
  let rstd = 1.0f / sqrt(teamSum(me, part) / f32(${width}u) + ${float(eps)});
  if (me == 0u) {
    ${stats.set(`row * ${statsPitch}u + ${statsFrom}u`, "mean")}
    ${stats.set(`row * ${statsPitch}u + ${statsFrom + 1}u`, "rstd")}
  }
  ${each(`
    var value = (${x("at + i")} - mean) * rstd;
    ${tensors.gain === undefined ? "" : `value *= ${gain("i")};`}
    ${tensors.bias === undefined ? "" : `value += ${bias("i")};`}
    ${y.set("at + i", "value")}`)}`,
  })
}

export const normBackward = (
  setting: Setting,
  { width, pitch, from, statsPitch, statsFrom }: Columns,
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
  const of = access(tensors)
  const scaled = gain === undefined ? of.dy("at + i") : `${of.dy("at + i")} * ${of.gain("i")}`
  const mean = (row: string) => of.stats(`${row} * ${statsPitch}u + ${statsFrom}u`)
  const rstd = (row: string) => of.stats(`${row} * ${statsPitch}u + ${statsFrom + 1}u`)
  const here = `n * ${pitch}u + ${from}u + i`
  const rows = dispatch(setting, {
    label: "norm_backward",
    tensors: { dy, x, stats, gain, dx },
    grid: team.grid(({ rows }) => rows),
    outside: team.outside,
    body: `${team.begin("call.rows")}
  let at = row * ${pitch}u + ${from}u;
  let mean = ${mean("row")};
  let rstd = ${rstd("row")};
  var part = 0.0f;
  var crossed = 0.0f;
  for (var i = me; i < ${width}u; i += ${team.step}) {
    let g = ${scaled};
    part += g;
    crossed += g * ((${of.x("at + i")} - mean) * rstd);
  }
  let meanG = teamSum(me, part) / f32(${width}u);
  let meanGX = teamSum(me, crossed) / f32(${width}u);
  for (var i = me; i < ${width}u; i += ${team.step}) {
    let xhat = (${of.x("at + i")} - mean) * rstd;
    let value = rstd * (${scaled} - meanG - xhat * meanGX);
    ${of.dx.set("at + i", "value", adds)}
  }`,
  })
  const parameters = columnSums(setting, {
    label: "norm_backward",
    width,
    tensors: { dy, ...(dgain !== undefined && { x, stats }) },
    each: `let dyHere = ${of.dy(here)};`,
    terms: [
      { value: `dyHere * ((${of.x(here)} - ${mean("n")}) * ${rstd("n")})`, target: dgain },
      { value: "dyHere", target: dbias },
    ],
    scratch,
  })
  return [rows, ...parameters]
}

/** What `qk_norm` does to v: nothing. */
export const copyColumns = (
  setting: Setting,
  { width, pitch, from }: Pick<Columns, "width" | "pitch" | "from">,
  adds: boolean,
  tensors: { readonly x: Place; readonly y: Place },
): Dispatch => {
  const { x, y } = access(tensors)
  return dispatch(setting, {
    label: "copy",
    tensors,
    grid: threads(({ rows }) => rows * width),
    body: `
  let at = (thread / ${width}u) * ${pitch}u + ${from}u + thread % ${width}u;
  if (thread >= call.rows * ${width}u) { return; }
  ${y.set("at", x("at"), adds)}`,
  })
}
