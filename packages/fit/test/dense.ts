/** Plain dense matrices, slow and obvious: what the estimators are checked against. */
export type Matrix = ReadonlyArray<ReadonlyArray<number>>

export const zeros = (rows: number, columns: number): Array<Array<number>> =>
  Array.from({ length: rows }, () => new Array<number>(columns).fill(0))

export const identity = (n: number): Matrix => zeros(n, n).map((row, i) => row.map((_, j) => (i === j ? 1 : 0)))

export const transpose = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]))

export const times = (a: Matrix, ...more: ReadonlyArray<Matrix>): Matrix =>
  more.reduce((left, right) => {
    const columns = transpose(right)
    return left.map((row) => columns.map((column) => row.reduce((sum, x, k) => sum + x * column[k], 0)))
  }, a)

export const combine = (a: Matrix, b: Matrix, f: (x: number, y: number) => number): Matrix =>
  a.map((row, i) => row.map((x, j) => f(x, b[i][j])))

export const trace = (a: Matrix): number => a.reduce((sum, row, i) => sum + row[i], 0)

/** Gauss-Jordan with the largest pivot. */
export const inverse = (a: Matrix): Matrix => {
  const n = a.length
  const work = a.map((row, i) => [...row, ...identity(n)[i]])
  for (let k = 0; k < n; k++) {
    let best = k
    for (let i = k; i < n; i++) if (Math.abs(work[i][k]) > Math.abs(work[best][k])) best = i
    ;[work[k], work[best]] = [work[best], work[k]]
    work[k] = work[k].map((x) => x / work[k][k])
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = work[i][k]
      work[i] = work[i].map((x, j) => x - factor * work[k][j])
    }
  }
  return work.map((row) => row.slice(n))
}

export const column = (values: ReadonlyArray<number>): Matrix => values.map((x) => [x])

/** (X' V^-1 X)^-1 X' V^-1 y, its covariance, and what is left, (y - X beta)' V^-1 (y - X beta). */
export const generalisedLeastSquares = (x: Matrix, y: ReadonlyArray<number>, v: Matrix) => {
  const weight = inverse(v)
  const covariance = inverse(times(transpose(x), weight, x))
  const beta = times(covariance, transpose(x), weight, column(y)).map(([b]) => b)
  const left = column(y.map((value, i) => value - x[i].reduce((sum, entry, k) => sum + entry * beta[k], 0)))
  return { beta, covariance, residual: times(transpose(left), weight, left)[0][0] }
}

export const diagonal = (values: ReadonlyArray<number>): Matrix =>
  values.map((value, i) => values.map((_, j) => (i === j ? value : 0)))
