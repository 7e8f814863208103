/** Which runs are without hope of being near the best learning rate of their cell. */

/** A run among those that differ from it in the learning rate alone. */
export interface Contender {
  readonly runId: string
  readonly eta: number
  /** Its last horizon, tokens. */
  readonly end: number
  /** Losses read so far, nats, by average (`none`: the raw weights) and horizon. A diverged run lacks those it did not reach. */
  readonly losses: ReadonlyMap<string, ReadonlyMap<number, number>>
}

/**
 * Asked before a run goes on to its next horizon; gives the reason why it should not, or nothing. `cell` holds the run itself and
 * the others of its cell, those of earlier sweeps included. A run that is not yet where a branch leaves it is never asked about.
 */
export type PrunePolicy = (run: Contender, cell: ReadonlyArray<Contender>) => string | undefined

export interface HopelessOptions {
  /** Least distance from the best rate, octaves; 2.5 unless given. A law wants rates up to 2 octaves from the optimum. */
  readonly octaves?: number
  /** Standard deviation of one reading, nats; 0.003 unless given. */
  readonly noise?: number
  /** How many standard deviations of the difference of two readings a run must be worse by; 5 unless given. */
  readonly times?: number
  /**
   * How many octaves the best rate may fall for each octave of tokens; 0.5 unless given. Rates below the best are kept as long as it
   * may still come down to within `octaves` of them.
   */
  readonly drift?: number
}

/**
 * The published policy. A run is hopeless when, at each of the last two horizons it read and by every average it is read of, it
 * lies 2.5 octaves or more from the best rate of its cell, and its loss is worse by 5 standard deviations of the difference of two
 * readings (0.021 nats). For rates below the best the distance grows by half an octave for each octave of tokens that is
 * still to train: with a constant learning rate the optimum falls as the horizon grows, at most as T^-1/2.
 *
 * For trunks at a constant learning rate. A cell whose losses have two minima 2.5 octaves apart would lose the one that is worse
 * at two horizons; look at such a cell without pruning.
 */
export const hopeless = ({
  octaves = 2.5,
  noise = 0.003,
  times = 5,
  drift = 0.5,
}: HopelessOptions = {}): PrunePolicy => {
  const margin = times * noise * Math.SQRT2
  /** Distance and excess at one horizon, if that is without hope. */
  const gapAt = (run: Contender, cell: ReadonlyArray<Contender>, average: string, horizon: number) => {
    const own = run.losses.get(average)?.get(horizon)
    if (own === undefined) return undefined
    let best: { readonly eta: number; readonly loss: number } = { eta: run.eta, loss: own }
    for (const { eta, losses } of cell) {
      const loss = losses.get(average)?.get(horizon)
      if (loss !== undefined && loss < best.loss) best = { eta, loss }
    }
    const above = Math.log2(run.eta / best.eta)
    const still = above < 0 ? drift * Math.max(0, Math.log2(run.end / horizon)) : 0
    const excess = own - best.loss
    return Math.abs(above) >= octaves + still && excess > margin ? { above, excess, horizon } : undefined
  }
  return (run, cell) => {
    let last: { readonly above: number; readonly excess: number; readonly horizon: number } | undefined
    for (const [average, losses] of run.losses) {
      const horizons = [...losses.keys()].sort((a, b) => a - b).slice(-2)
      if (horizons.length < 2) return undefined
      for (const horizon of horizons) {
        last = gapAt(run, cell, average, horizon)
        if (last === undefined) return undefined
      }
    }
    if (last === undefined) return undefined
    const side = last.above > 0 ? "above" : "below"
    return `${Math.abs(last.above).toFixed(1)} octaves ${side} the best learning rate of its cell and ${last.excess.toFixed(3)} nats worse at ${last.horizon} tokens, as at the horizon before`
  }
}
