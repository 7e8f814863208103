/** Names of readings within a run. */

/** The validation loss at a horizon (tokens) of the raw weights (`none`) or of an average (`ewa:0.99`). */
export const readingKey = (requested: number, average: string): string => `${requested} ${average}`

/** The gradient noise scale at a horizon, by its batch sizes in tokens. */
export const noiseScaleKey = (requested: number, scale: { small: number; big: number; samples: number }): string =>
  `${requested} noise ${scale.small} ${scale.big} ${scale.samples}`
