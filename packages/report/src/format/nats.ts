import { significant } from "./error.ts"

/** A small loss difference, nats: two significant digits, never with an exponent unless below 1e-6. */
export const natsText = (x: number): string => significant(x, 2)
