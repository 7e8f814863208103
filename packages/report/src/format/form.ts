import { type FormName, forms } from "@ts/fit"

/** What a person calls a form of eta*(B). */
export const formTitle = (form: FormName): string => forms[form].title

/** The same for a column of a table. */
export const formLabel = (form: FormName): string =>
  form === "saturating" ? "saturating" : form === "saturating-sqrt" ? "sqrt saturating" : formTitle(form)

/** eta*(B) at one horizon, and whose form it is. */
export const formulas: Readonly<Record<FormName, { readonly formula: string; readonly source: string }>> = {
  bell: {
    formula: "eta_crit / (0.5 (sqrt(B/B_crit) + sqrt(B_crit/B)))",
    source: "Li et al. 2024, arXiv 2405.14578; Filatov et al. 2024, arXiv 2410.05838, Eq. 3.1",
  },
  saturating: { formula: "eta_max / (1 + B_n/B)", source: "SGD in McCandlish et al. 2018, arXiv 1812.06162" },
  "saturating-sqrt": {
    formula: "eta_max / sqrt(1 + B_n/B)",
    source: "exponent 1/2 of those that McCandlish et al. 2018 conjecture for Adam",
  },
  power: { formula: "eta_1 B^q", source: "no batch scale at all" },
  constant: { formula: "eta_1", source: "eta* does not depend on B" },
}

/** What the height and the batch scale of a form are called. */
export const partsOf = (form: FormName): { readonly height: string; readonly scale: string } =>
  form === "bell"
    ? { height: "eta_crit", scale: "B_crit" }
    : form === "saturating" || form === "saturating-sqrt"
      ? { height: "eta_max", scale: "B_n" }
      : { height: "eta_1", scale: "" }
