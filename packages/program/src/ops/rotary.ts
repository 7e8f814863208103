import { define, mayAdd, rows, type Sizes, type Values } from "./Definition.ts"

const constraint = ({ d, heads }: Sizes) =>
  d % (2 * heads) === 0 ? undefined : `a width of ${d} does not give ${heads} heads of even size`

/**
 * Adds (or writes) x with q and k of every head turned by `direction` times the angle of their position;
 * pairs are (i, i + e/2), the angle is `t * theta^(-2i/e)`. v is copied.
 */
const turn = (
  x: Values,
  y: Values,
  add: boolean,
  direction: 1 | -1,
  rows: number,
  sequenceLength: number,
  heads: number,
  theta: number,
): void => {
  const width = x.length / rows / 3
  const half = width / heads / 2
  if (!add) y.fill(0)
  for (let i = 0; i < half; i++) {
    const frequency = theta ** (-i / half)
    for (let n = 0; n < rows; n++) {
      const angle = (n % sequenceLength) * frequency
      const cos = Math.cos(angle)
      const sin = direction * Math.sin(angle)
      // The heads of q, then those of k, lie side by side.
      for (let head = 0; head < 2 * heads; head++) {
        const a = 3 * width * n + 2 * half * head + i
        const b = a + half
        y[a] += x[a] * cos - x[b] * sin
        y[b] += x[a] * sin + x[b] * cos
      }
    }
  }
  for (let n = 0; n < rows; n++) {
    for (let i = 3 * width * n + 2 * width; i < 3 * width * (n + 1); i++) y[i] += x[i]
  }
}

/** Rotary positions (Su et al. 2021), in the half-split layout of GPT-NeoX. */
export const rotary = define({
  kind: "rotary",
  inputs: { x: rows("3d") },
  outputs: { y: rows("3d") },
  attributes: { heads: "number", theta: "number" },
  constraint,
  flops: ({ N, d }) => 6 * N * d,
  loop: ({ rows, sequenceLength, input: { x }, output: { y }, attribute: { heads, theta } }) =>
    turn(x, y, false, 1, rows, sequenceLength, heads, theta),
  gradient: ({ inputs, outputs, attributes }, gradient) => ({
    kind: "rotary_backward",
    inputs: { dy: gradient(outputs["y"]) },
    outputs: { dx: gradient(inputs["x"]) },
    scalars: {},
    attributes,
  }),
})

export const rotaryBackward = define({
  kind: "rotary_backward",
  inputs: { dy: rows("3d") },
  outputs: { dx: mayAdd(rows("3d")) },
  attributes: { heads: "number", theta: "number" },
  constraint,
  flops: ({ N, d }) => 7 * N * d,
  loop: ({ rows, sequenceLength, input: { dy }, output: { dx }, adds, attribute: { heads, theta } }) =>
    turn(dy, dx, adds.dx, -1, rows, sequenceLength, heads, theta),
})
