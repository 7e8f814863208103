/** The forms of eta*(B) at one horizon that data can choose among. */
export type FormName = "bell" | "saturating" | "saturating-sqrt" | "power" | "constant"

/**
 * ln eta*(B) = height + shape(ln B - place): a height that follows the horizon and, in the forms that have a batch scale, a place that does
 * too. `power` has an exponent in its stead.
 */
export interface Form {
  readonly name: FormName
  /** What a person calls it. */
  readonly title: string
  /** `scale`: a batch scale B_crit(T); `exponent`: one exponent of B; `none`: eta* does not depend on B. */
  readonly batch: "scale" | "exponent" | "none"
  /** Shape at y = ln B - place, for `scale`. */
  readonly shape: (y: number) => number
  readonly slope: (y: number) => number
}

/** ln(1 + exp(x)) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
const logistic = (x: number): number => 1 / (1 + Math.exp(-x))
const nothing = (): number => 0

export const forms: Readonly<Record<FormName, Form>> = {
  /** eta_crit / (0.5 (sqrt(B/B_crit) + sqrt(B_crit/B))): Li et al. 2024 (arXiv 2405.14578); Filatov et al. 2024 (arXiv 2410.05838), Eq. 3.1. */
  bell: {
    name: "bell",
    title: "bell",
    batch: "scale",
    shape: (y) => Math.LN2 - softplus(-y) - y / 2,
    slope: (y) => -0.5 * Math.tanh(y / 2),
  },
  /** eta_max / (1 + B_n/B): SGD in McCandlish et al. 2018 (arXiv 1812.06162). */
  saturating: {
    name: "saturating",
    title: "saturating form",
    batch: "scale",
    shape: (y) => -softplus(-y),
    slope: (y) => logistic(-y),
  },
  /** eta_max / sqrt(1 + B_n/B): the lower end of the exponents that McCandlish et al. 2018 conjecture for Adam. */
  "saturating-sqrt": {
    name: "saturating-sqrt",
    title: "square root of the saturating form",
    batch: "scale",
    shape: (y) => -0.5 * softplus(-y),
    slope: (y) => 0.5 * logistic(-y),
  },
  /** eta_1 B^q. */
  power: { name: "power", title: "power of B", batch: "exponent", shape: nothing, slope: nothing },
  /** The same at every batch. */
  constant: { name: "constant", title: "constant", batch: "none", shape: nothing, slope: nothing },
}

export const formNames = Object.keys(forms) as ReadonlyArray<FormName>
