import { rise, riseBySkew } from "../skewed.ts"
import type { Evidence } from "./evidence.ts"
import type { Form } from "./form.ts"

/** Where the logarithms of batch, horizon and size are counted from. */
export interface Origin {
  readonly lnBatch: number
  readonly lnTokens: number
  readonly lnSize: number
}

/** Which powers the height and the place of a law hold. Those that do not vary in the data are left out. */
export interface Terms {
  readonly tokens: boolean
  readonly size: boolean
}

/** The family of laws to be fitted. */
export interface Family {
  readonly form: Form
  readonly terms: Terms
  readonly origin: Origin
  /**
   * ln B at which the height is counted, horizon and size of the origin: the first parameter is ln eta* there. Without it the first parameter is
   * the height of the form itself.
   */
  readonly anchor?: number
}

/**
 * A law to be fitted: ln eta* = height + shape(ln B - place), height = h0 + h1 ln T + h2 ln N, place = p0 + p1 ln T + p2 ln N, all
 * logarithms counted from `origin`. Parameters in the order h, p; `power` has one exponent of B for p, `constant` none.
 */
export interface Problem extends Family {
  readonly evidence: Evidence
  /** Variance of ln eta* of a cell about the law. */
  readonly scatter: number
}

/** Number of parameters of a height, and of a place. */
export const termCount = ({ tokens, size }: Terms): number => 1 + (tokens ? 1 : 0) + (size ? 1 : 0)

export const parameterCount = ({ form, terms }: Pick<Family, "form" | "terms">): number => {
  const k = termCount(terms)
  return form.batch === "scale" ? 2 * k : form.batch === "exponent" ? k + 1 : k
}

/** Parameters of the form and, where the skew of the profiles has an error, its deviation in units of that. */
export const unknownCount = (problem: Pick<Problem, "form" | "terms" | "evidence">): number =>
  parameterCount(problem) + (problem.evidence.skewError > 0 ? 1 : 0)

/** ln eta* of the law and its gradient, written to `gradient` at `at`. */
export const lawAt = (
  family: Family,
  parameters: ArrayLike<number>,
  lnBatch: number,
  lnTokens: number,
  lnSize: number,
  gradient: Float64Array,
  at = 0,
): number => {
  const { form, terms, origin, anchor } = family
  const k = termCount(terms)
  const b = lnBatch - origin.lnBatch
  let height = parameters[0]
  let place = form.batch === "scale" ? parameters[k] : 0
  gradient[at] = 1
  let term = 1
  for (let which = 0; which < 2; which++) {
    if (!(which === 0 ? terms.tokens : terms.size)) continue
    const x = which === 0 ? lnTokens - origin.lnTokens : lnSize - origin.lnSize
    gradient[at + term] = x
    height += parameters[term] * x
    if (form.batch === "scale") {
      place += parameters[k + term] * x
      gradient[at + k + term] = x
    }
    term++
  }
  if (form.batch === "none") return height
  if (form.batch === "exponent") {
    gradient[at + k] = b
    return height + parameters[k] * b
  }
  const slope = -form.slope(b - place)
  gradient[at + k] = slope
  for (let i = 1; i < k; i++) gradient[at + k + i] *= slope
  if (anchor === undefined) return height + form.shape(b - place)
  const y = anchor - origin.lnBatch - parameters[k]
  gradient[at + k] += form.slope(y)
  return height + form.shape(b - place) - form.shape(y)
}

/** Cholesky factor in place (lower triangle of n rows); false where the matrix is not positive definite. */
export const cholesky = (a: Float64Array, n: number): boolean => {
  for (let j = 0; j < n; j++) {
    let d = a[j * n + j]
    for (let k = 0; k < j; k++) d -= a[j * n + k] * a[j * n + k]
    if (!(d > 0)) return false
    const root = Math.sqrt(d)
    a[j * n + j] = root
    for (let i = j + 1; i < n; i++) {
      let s = a[i * n + j]
      for (let k = 0; k < j; k++) s -= a[i * n + k] * a[j * n + k]
      a[i * n + j] = s / root
    }
  }
  return true
}

/** Solves L x = y in place, L as from `cholesky`. */
export const forward = (l: Float64Array, n: number, y: Float64Array, at = 0): void => {
  for (let i = 0; i < n; i++) {
    let s = y[at + i]
    for (let k = 0; k < i; k++) s -= l[i * n + k] * y[at + k]
    y[at + i] = s / l[i * n + i]
  }
}

/** Solves L' x = y in place. */
export const backward = (l: Float64Array, n: number, y: Float64Array, at = 0): void => {
  for (let i = n - 1; i >= 0; i--) {
    let s = y[at + i]
    for (let k = i + 1; k < n; k++) s -= l[k * n + i] * y[at + k]
    y[at + i] = s / l[i * n + i]
  }
}

/** Value, gradient and Gauss-Newton curvature of the misfit, of which the law wants the minimum. */
export interface Objective {
  readonly parameters: number
  /** Half-gradient and J' S^-1 J of the last call of `evaluate`. */
  readonly gradient: Float64Array
  readonly hessian: Float64Array
  /** Misfit at `parameters`; fills `gradient` and `hessian` where `derivatives` is set. Infinity where it has no value. */
  readonly evaluate: (parameters: ArrayLike<number>, derivatives: boolean) => number
}

/**
 * Where the law puts the optimum of a cell the loss must be flat: the slope of its profile there, r = b + c * rise(ln eta* - reference),
 * is zero within its error. The misfit is r' S^-1 r over the blocks, S the covariance of r (it depends on the law) and of the
 * scatter of cells about it.
 *
 * For Gaussian losses and no scatter this is the exact profile likelihood, every cell's own minimum and curvature eliminated: Fieller's theorem for
 * many profiles at once. A cell whose minimum lies outside its grid needs no special case: far from its readings the error of r grows, and
 * the cell says what it knows and no more.
 *
 * The skew that all profiles have in common is a number with an error of its own, which no averaging over cells removes: its deviation is
 * one more unknown, held by that error.
 */
export const objective = (problem: Problem): Objective => {
  const { evidence, scatter } = problem
  const { blocks } = evidence
  const q = parameterCount(problem)
  const p = unknownCount(problem)
  const { skewError } = evidence
  let most = 0
  for (const block of blocks) most = Math.max(most, block.cells)
  const s = new Float64Array(most * most)
  const r = new Float64Array(most)
  const v = new Float64Array(most)
  const u = new Float64Array(most)
  const bend = new Float64Array(most)
  const c = new Float64Array(most)
  // How r follows the skew: through its coefficients, and through u.
  const direct = new Float64Array(most)
  const through = new Float64Array(most)
  const jacobian = new Float64Array(most * p)
  const column = new Float64Array(most)
  const gradient = new Float64Array(p)
  const hessian = new Float64Array(p * p)
  const evaluate = (parameters: ArrayLike<number>, derivatives: boolean): number => {
    const deviation = p > q ? parameters[q] : 0
    const shift = deviation * skewError
    const skew = evidence.skew + shift
    let misfit = deviation * deviation
    if (derivatives) {
      gradient.fill(0)
      hessian.fill(0)
    }
    for (const block of blocks) {
      const n = block.cells
      const { first, slopes, mixed, curvatures } = block
      for (let i = 0; i < n; i++) {
        const cell = first + i
        const at = lawAt(
          problem,
          parameters,
          evidence.lnBatch[cell],
          evidence.lnTokens[cell],
          evidence.lnSize[cell],
          jacobian,
          i * p,
        )
        const z = at - evidence.reference[cell]
        u[i] = rise(z, skew)
        bend[i] = 1 + skew * u[i]
        c[i] = evidence.curvature[cell] + shift * evidence.curvatureBySkew[cell]
        r[i] = evidence.slope[cell] + shift * evidence.slopeBySkew[cell] + c[i] * u[i]
        direct[i] = evidence.slopeBySkew[cell] + evidence.curvatureBySkew[cell] * u[i]
        through[i] = p > q ? riseBySkew(z, skew) : 0
        v[i] = r[i]
      }
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++)
          s[i * n + j] =
            slopes[i * n + j] + u[j] * mixed[i * n + j] + u[i] * mixed[j * n + i] + u[i] * u[j] * curvatures[i * n + j]
        const cell = first + i
        const own = evidence.curvature[cell] - evidence.skew * evidence.slope[cell]
        s[i * n + i] += scatter * own * own
      }
      if (!cholesky(s, n)) return Infinity
      forward(s, n, v)
      for (let i = 0; i < n; i++) misfit += v[i] * v[i]
      if (!Number.isFinite(misfit)) return Infinity
      if (!derivatives) continue
      backward(s, n, v)
      for (let i = 0; i < n; i++) {
        // Curvature of the profile given that it is flat at the law's optimum.
        let given = c[i]
        for (let j = 0; j < n; j++) given -= (mixed[j * n + i] + u[j] * curvatures[i * n + j]) * v[j]
        for (let k = 0; k < q; k++) jacobian[i * p + k] *= given * bend[i]
        if (p > q) jacobian[i * p + q] = skewError * (direct[i] + given * through[i])
        for (let k = 0; k < p; k++) gradient[k] += jacobian[i * p + k] * v[i]
      }
      for (let k = 0; k < p; k++) {
        for (let i = 0; i < n; i++) column[i] = jacobian[i * p + k]
        forward(s, n, column)
        for (let i = 0; i < n; i++) jacobian[i * p + k] = column[i]
      }
      for (let i = 0; i < n; i++)
        for (let k = 0; k < p; k++)
          for (let l = 0; l <= k; l++) hessian[k * p + l] += jacobian[i * p + k] * jacobian[i * p + l]
    }
    if (derivatives && p > q) {
      gradient[q] += deviation
      hessian[q * p + q] += 1
    }
    if (derivatives) for (let k = 0; k < p; k++) for (let l = 0; l < k; l++) hessian[l * p + k] = hessian[k * p + l]
    return misfit
  }
  return { parameters: p, gradient, hessian, evaluate }
}
