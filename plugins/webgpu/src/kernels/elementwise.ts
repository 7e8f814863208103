/** GELU and rotary positions: an invocation for each element, or pair of elements. */
import type { Place } from "../layout.ts"
import { access, type Dispatch, dispatch, type Setting, threads } from "./kernel.ts"

/**
 * The normal distribution function, exact to 1e-7 absolutely, in the tail relatively to what the exponential is:
 * Abramowitz & Stegun 7.1.26, which is of the complement, so that nothing cancels on the left.
 */
const normal = `
fn normalTail(x: f32) -> f32 {
  let z = abs(x) * 0.70710678f;
  let t = 1.0f / (1.0f + 0.3275911f * z);
  let series = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
  return 0.5f * series * exp(-z * z);
}
fn normalBelow(x: f32) -> f32 {
  let tail = normalTail(x);
  return select(1.0f - tail, tail, x < 0.0f);
}`

/** `x * (1 + erf(x / sqrt 2)) / 2`. */
export const gelu = (setting: Setting, width: number, tensors: { readonly x: Place; readonly y: Place }): Dispatch => {
  const { x, y } = access(tensors)
  return dispatch(setting, {
    label: "gelu",
    tensors,
    grid: threads(({ rows }) => rows * width),
    outside: normal,
    body: `
  if (thread >= call.rows * ${width}u) { return; }
  let value = ${x("thread")};
  ${y.set("thread", "value * normalBelow(value)")}`,
  })
}

export const geluBackward = (
  setting: Setting,
  width: number,
  adds: boolean,
  tensors: { readonly dy: Place; readonly x: Place; readonly dx: Place },
): Dispatch => {
  const { dy, x, dx } = access(tensors)
  return dispatch(setting, {
    label: "gelu_backward",
    tensors,
    grid: threads(({ rows }) => rows * width),
    outside: normal,
    body: `
  if (thread >= call.rows * ${width}u) { return; }
  let value = ${x("thread")};
  let slope = normalBelow(value) + value * 0.39894228f * exp(-0.5f * value * value);
  ${dx.set("thread", `${dy("thread")} * slope`, adds)}`,
  })
}

/** Cosines, then sines, by position and pair: angles of hundreds of radians are no business of float32. */
export const rotation = (sequenceLength: number, half: number, theta: number): Float32Array => {
  const angle = (at: number) => Math.floor(at / half) * theta ** (-(at % half) / half)
  const count = sequenceLength * half
  return Float32Array.from({ length: 2 * count }, (_, at) =>
    at < count ? Math.cos(angle(at)) : Math.sin(angle(at - count)),
  )
}

/** Turns q and k of every head by the angle of their position, backwards for `direction` -1; v is copied. */
export const rotary = (
  setting: Setting,
  { width, heads, direction, adds }: { width: number; heads: number; direction: 1 | -1; adds: boolean },
  tensors: { readonly x: Place; readonly table: Place; readonly y: Place },
): Dispatch => {
  const half = width / heads / 2
  const pairs = width // of q and k together; the v of the same number of elements follows
  const sines = setting.sequenceLength * half
  const { x, table, y } = access(tensors)
  return dispatch(setting, {
    label: direction === 1 ? "rotary" : "rotary_backward",
    tensors,
    grid: threads(({ rows }) => rows * 2 * width),
    body: `
  let n = thread / ${2 * width}u;
  let e = thread % ${2 * width}u;
  if (n >= call.rows) { return; }
  let row = n * ${3 * width}u;
  if (e >= ${pairs}u) {
    let at = row + ${width}u + e;
    ${y.set("at", x("at"), adds)}
    return;
  }
  let i = e % ${half}u;
  let a = row + (e / ${half}u) * ${2 * half}u + i;
  let b = a + ${half}u;
  let angle = (n % ${setting.sequenceLength}u) * ${half}u + i;
  let c = ${table("angle")};
  let s = ${direction === 1 ? "" : "-"}${table(`angle + ${sines}u`)};
  let first = ${x("a")} * c - ${x("b")} * s;
  let second = ${x("a")} * s + ${x("b")} * c;
  ${y.set("a", "first", adds)}
  ${y.set("b", "second", adds)}`,
  })
}
