/** Ends with a sentence on what was wrong. */
export const refuse = (message: string): never => {
  console.error(message)
  process.exit(2)
}

/** A command-line number that counts something. */
export const whole = (name: string, text: string, least: number): number => {
  const value = Number(text)
  return Number.isSafeInteger(value) && value >= least
    ? value
    : refuse(`--${name} is ${text}; it must be a whole number of at least ${least}`)
}
