/**
 * Layer norm of one row, shared by `norm` and `qk_norm`.
 *
 * With `xhat = (x - mean) * rstd` and `g = dy * gain`:
 * `dx = rstd * (g - mean(g) - xhat * mean(g * xhat))`, `dgain = dy * xhat`, `dbias = dy`.
 */
import type { Values } from "./Definition.ts"

/** Normalises `width` values at `at`; stores mean and rstd at `statsAt`. The variance is the biased one. */
export const normalise = (
  x: Values,
  y: Values,
  at: number,
  width: number,
  gain: Values | undefined,
  bias: Values | undefined,
  eps: number,
  stats: Values,
  statsAt: number,
): void => {
  let mean = 0
  for (let i = 0; i < width; i++) mean += x[at + i]
  mean /= width
  let variance = 0
  for (let i = 0; i < width; i++) variance += (x[at + i] - mean) ** 2
  const rstd = 1 / Math.sqrt(variance / width + eps)
  stats[statsAt] = mean
  stats[statsAt + 1] = rstd
  for (let i = 0; i < width; i++) {
    y[at + i] = (x[at + i] - mean) * rstd * (gain === undefined ? 1 : gain[i]) + (bias === undefined ? 0 : bias[i])
  }
}

/** Adds to `dx`, `dgain` and `dbias`. */
export const normaliseBackward = (
  dy: Values,
  x: Values,
  dx: Values,
  at: number,
  width: number,
  gain: Values | undefined,
  dgain: Values | undefined,
  dbias: Values | undefined,
  stats: Values,
  statsAt: number,
): void => {
  const mean = stats[statsAt]
  const rstd = stats[statsAt + 1]
  let meanG = 0
  let meanGX = 0
  for (let i = 0; i < width; i++) {
    const xhat = (x[at + i] - mean) * rstd
    const g = dy[at + i] * (gain === undefined ? 1 : gain[i])
    meanG += g
    meanGX += g * xhat
    if (dgain !== undefined) dgain[i] += dy[at + i] * xhat
    if (dbias !== undefined) dbias[i] += dy[at + i]
  }
  meanG /= width
  meanGX /= width
  for (let i = 0; i < width; i++) {
    const xhat = (x[at + i] - mean) * rstd
    const g = dy[at + i] * (gain === undefined ? 1 : gain[i])
    dx[at + i] += rstd * (g - meanG - xhat * meanGX)
  }
}
