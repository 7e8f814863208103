import type { Levels } from "./parabola.ts"

const octave = Math.LN2

/**
 * The points about level `center` that a fit of the minimum may use: both neighbours always (at an edge the two next ones), further ones
 * within `radius` octaves as long as their loss still grows like a parabola. Loss profiles are wide and asymmetric, with a cliff at the high end;
 * a point over the cliff says nothing about the minimum.
 */
export const windowAbout = (
  levels: Levels,
  center: number,
  radius: number,
  sigma: number,
): readonly [number, number] => {
  const { x, y } = levels
  const last = x.length - 1
  const reach = radius * octave * 1.05
  const rise = (i: number) => y[i] - y[center]
  const slack = 3 * Math.SQRT2 * sigma
  const neighbours = [center - 1, center + 1].filter((i) => i >= 0 && i <= last)
  const near = neighbours.reduce((most, i) => Math.max(most, rise(i)), 0)
  const distance = neighbours.reduce((most, i) => Math.max(most, Math.abs(x[i] - x[center])), 0)
  const far = (step: -1 | 1): number => {
    let most = 0
    for (let i = center + step; i >= 0 && i <= last && Math.abs(x[i] - x[center]) <= reach; i += step)
      most = Math.max(most, rise(i))
    return most
  }
  const extend = (step: -1 | 1): number => {
    const other = far(step === 1 ? -1 : 1)
    const edge = center === 0 || center === last
    let end = Math.max(0, Math.min(last, center + (edge ? 2 * step : step)))
    for (let i = end + step; i >= 0 && i <= last && Math.abs(x[i] - x[center]) <= reach; i += step) {
      const expected = near * (Math.abs(x[i] - x[center]) / distance) ** 2
      if (rise(i) > Math.max(2 * expected, 4 * other) + slack) break
      end = i
    }
    return end
  }
  return [extend(-1), extend(1)]
}

export const slice = (levels: Levels, from: number, to: number, scatter: number): Levels => ({
  x: levels.x.slice(from, to + 1),
  y: levels.y.slice(from, to + 1),
  repeats: levels.repeats.slice(from, to + 1),
  scatter,
})

/** Index of a second minimum that cannot be told from the first, with a true barrier between them. */
export const rivalMinimum = (levels: Levels, first: number, sigma: number | undefined): number | undefined => {
  const { x, y } = levels
  const rises = y.map((value) => value - y[first]).sort((a, b) => a - b)
  const typical = rises[rises.length >> 1]
  for (let j = 0; j < x.length; j++) {
    if (j === first) continue
    const lowerThanNeighbours = (j === 0 || y[j] < y[j - 1]) && (j === x.length - 1 || y[j] < y[j + 1])
    if (!lowerThanNeighbours) continue
    let top = y[j]
    for (let i = Math.min(j, first); i <= Math.max(j, first); i++) top = Math.max(top, y[i])
    const barrier = top - y[j]
    const noise = sigma === undefined ? 0.3 * typical : 3 * Math.SQRT2 * sigma
    if (barrier > noise && y[j] - y[first] <= Math.max(barrier / 2, sigma === undefined ? 0 : noise)) return j
  }
  return undefined
}
