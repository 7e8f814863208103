/** Exponents as exponents: `2^-7.9` with its power raised. */
import { h } from "./elements.ts"
import { svg } from "./figures/svg.ts"

/** Text and exponents in turn. */
const parts = (text: string): ReadonlyArray<string> =>
  text.split(/\^(-?\d+(?:\.\d+)?)/).map((part, i) => (i % 2 === 0 ? part : part.replace("-", "−")))

/** For text of the page. */
export const raised = (text: string): ReadonlyArray<Node | string> =>
  parts(text).map((part, i) => (i % 2 === 0 ? part : h("sup", {}, part)))

/** For a text of a figure that ends with its exponent. */
export const raisedSpans = (text: string): ReadonlyArray<SVGElement | string> =>
  parts(text).map((part, i) => (i % 2 === 0 ? part : svg("tspan", { dy: -4.5, "font-size": "78%" }, part)))
