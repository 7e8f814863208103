/**
 * What the loss profiles say about the slope of the loss, ready for the joint fit: for each cell the slope `b` and the curvature `c` of
 * its profile at a reference rate, so that d loss / d ln eta = b + c * rise(ln eta - reference), and their covariance. Cells of one block
 * share trunks and are correlated; blocks are independent.
 */
export interface Evidence {
  readonly cells: number
  /** ln of the reference rate of each cell. */
  readonly reference: Float64Array
  readonly slope: Float64Array
  readonly curvature: Float64Array
  readonly skew: number
  /** Standard error of the skew, common to all cells, and how slope and curvature of a cell follow the skew. */
  readonly skewError: number
  readonly slopeBySkew: Float64Array
  readonly curvatureBySkew: Float64Array
  readonly lnBatch: Float64Array
  readonly lnTokens: Float64Array
  /** ln of the parameters of the model; 0 where a fit does not look at sizes. */
  readonly lnSize: Float64Array
  readonly blocks: ReadonlyArray<Block>
}

/** Cells `first` to `first + cells - 1`, and the covariance of their slopes and curvatures, row by row; nats squared. */
export interface Block {
  readonly first: number
  readonly cells: number
  readonly slopes: Float64Array
  /** Entry (i, j): Cov(slope i, curvature j). */
  readonly mixed: Float64Array
  readonly curvatures: Float64Array
}

/** The evidence of some of the cells. */
export const chooseCells = (evidence: Evidence, keep: (cell: number) => boolean): Evidence => {
  const cells: Array<number> = []
  const blocks: Array<Block> = []
  for (const { first, cells: n, slopes, mixed, curvatures } of evidence.blocks) {
    const own: Array<number> = []
    for (let i = 0; i < n; i++) if (keep(first + i)) own.push(i)
    if (own.length === 0) continue
    const part = (matrix: Float64Array) => Float64Array.from(own.flatMap((i) => own.map((j) => matrix[i * n + j])))
    blocks.push({
      first: cells.length,
      cells: own.length,
      slopes: part(slopes),
      mixed: part(mixed),
      curvatures: part(curvatures),
    })
    for (const i of own) cells.push(first + i)
  }
  const pick = (values: Float64Array) => Float64Array.from(cells, (cell) => values[cell])
  return {
    cells: cells.length,
    skew: evidence.skew,
    skewError: evidence.skewError,
    slopeBySkew: pick(evidence.slopeBySkew),
    curvatureBySkew: pick(evidence.curvatureBySkew),
    reference: pick(evidence.reference),
    slope: pick(evidence.slope),
    curvature: pick(evidence.curvature),
    lnBatch: pick(evidence.lnBatch),
    lnTokens: pick(evidence.lnTokens),
    lnSize: pick(evidence.lnSize),
    blocks,
  }
}

/** Evidence of optima that somebody else located: points of ln eta* with standard errors (0 where unknown). */
export const evidenceOfPoints = (
  points: ReadonlyArray<{
    readonly batch: number
    readonly tokens: number
    readonly eta: number
    readonly error: number
  }>,
): Evidence => ({
  cells: points.length,
  skew: 0,
  skewError: 0,
  slopeBySkew: new Float64Array(points.length),
  curvatureBySkew: new Float64Array(points.length),
  reference: Float64Array.from(points, (p) => Math.log(p.eta)),
  slope: new Float64Array(points.length),
  curvature: new Float64Array(points.length).fill(1),
  lnBatch: Float64Array.from(points, (p) => Math.log(p.batch)),
  lnTokens: Float64Array.from(points, (p) => Math.log(p.tokens)),
  lnSize: new Float64Array(points.length),
  blocks: points.map((p, first) => ({
    first,
    cells: 1,
    slopes: Float64Array.of(p.error ** 2),
    mixed: new Float64Array(1),
    curvatures: new Float64Array(1),
  })),
})
