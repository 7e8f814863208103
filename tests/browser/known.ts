/** A number that is known from elsewhere: throws unless it is met to a relative error. */
export const known = (what: string, found: number, expected: number, tolerance: number): void => {
  if (!(Math.abs(found - expected) <= tolerance * Math.max(Math.abs(expected), Number.MIN_VALUE)))
    throw new Error(`${what} is ${found}, not ${expected} to ${tolerance}`)
}
