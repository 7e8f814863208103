/** Elements of a drawing. */
type Attributes = Readonly<Record<string, string | number | undefined>>

export const svg = <K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: ReadonlyArray<SVGElement | string>
): SVGElementTagNameMap[K] => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name)
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined)
      element.setAttribute(key, typeof value === "number" ? String(Math.round(value * 100) / 100) : value)
  element.append(...children)
  return element
}

type Point = readonly [number, number]

/** A path through points, straight from one to the next. */
export const path = (points: ReadonlyArray<Point>): string =>
  points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("")

/** The area between two lines over the same abscissas. */
export const area = (upper: ReadonlyArray<Point>, lower: ReadonlyArray<Point>): string =>
  upper.length === 0 ? "" : `${path([...upper, ...[...lower].reverse()])}Z`

/** A mark about a point, of the same area in every shape. */
export const mark = (symbol: string, x: number, y: number, r: number, attributes: Attributes): SVGElement => {
  switch (symbol) {
    case "square":
      return svg("rect", { x: x - 0.89 * r, y: y - 0.89 * r, width: 1.78 * r, height: 1.78 * r, ...attributes })
    case "diamond":
      return svg("path", {
        d: `M${x} ${y - 1.3 * r}L${x + 1.3 * r} ${y}L${x} ${y + 1.3 * r}L${x - 1.3 * r} ${y}Z`,
        ...attributes,
      })
    case "triangle":
      return svg("path", {
        d: `M${x} ${y - 1.3 * r}L${x + 1.25 * r} ${y + 0.95 * r}L${x - 1.25 * r} ${y + 0.95 * r}Z`,
        ...attributes,
      })
    default:
      return svg("circle", { cx: x, cy: y, r, ...attributes })
  }
}
