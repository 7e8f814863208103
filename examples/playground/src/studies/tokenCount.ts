const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 })

/** `131K` */
export const tokenCount = (tokens: number): string => compact.format(tokens)
