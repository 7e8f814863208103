/** Which runs go first. */

/** Where a run stands in line: what it does next, and how much of it. */
export interface Place {
  /** The next horizon it can answer, tokens. */
  readonly horizon: number
  /** 0 for a trunk, 1 for its branches, and so on. */
  readonly depth: number
  /** To that horizon. */
  readonly flops: number
  /** In the plan. */
  readonly index: number
}

/**
 * Short horizons first, so that a law shows early and improves. Among equal horizons parents before branches, then longest
 * first, so that the last worker ends soonest; else as planned.
 */
export const inOrder = (a: Place, b: Place): number =>
  a.horizon - b.horizon || a.depth - b.depth || b.flops - a.flops || a.index - b.index
