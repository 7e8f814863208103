/** A small loss difference, nats: two significant digits, trailing zeros included. */
export const natsText = (x: number): string =>
  !Number.isFinite(x) || x === 0 ? String(x) : Math.abs(x) >= 100 ? x.toFixed(0) : x.toPrecision(2)
