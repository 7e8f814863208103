/** The figures of the page: drawn anew when what they show changes, or the room they have. */
import { levelColor, levelSymbol } from "@ts/report"
import { presetOf } from "../studies/presets.ts"
import { byId, h } from "./elements.ts"
import { bellFigure } from "./figures/bell.ts"
import { criticalFigure, criticalLooks } from "./figures/critical.ts"
import { lossFigure } from "./figures/losses.ts"
import { mark, svg } from "./figures/svg.ts"
import { digits, power } from "./numbers.ts"
import { raised } from "./raised.ts"
import type { State } from "./State.ts"

interface Panel {
  readonly drawing: HTMLElement
  readonly legend: HTMLElement
  readonly below: HTMLElement
}

const panelOf = (id: string): Panel => {
  const panel = {
    legend: h("ul", { className: "legend" }),
    drawing: h("div", { className: "drawing" }),
    below: h("div"),
  }
  byId(id).append(panel.legend, panel.drawing, panel.below)
  return panel
}

const legendOf = (
  entries: ReadonlyArray<{ readonly label: string; readonly color: string; readonly symbol: string }>,
) =>
  entries.map(({ label, color, symbol }) =>
    h(
      "li",
      {},
      svg(
        "svg",
        { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" },
        mark(symbol, 6, 6, 4.2, { fill: color }),
      ),
      ...raised(label),
    ),
  )

/** eta* in figures: batches down, horizons across. */
const bellTable = (law: NonNullable<State["law"]>): HTMLElement => {
  const cell = (batch: number, i: number) => {
    const { bars, bounds } = law.bells[i]!
    const x = Math.log2(batch)
    const bar = bars.find((one) => one.x === x)
    const bound = bounds.find((one) => one.x === x)
    if (bar !== undefined) return h("td", {}, ...raised(digits(2 ** bar.y)))
    return h(
      "td",
      { className: "open" },
      bound === undefined ? "not known" : `${bound.arrow === "↑" ? "above" : "below"} ${digits(2 ** bound.y)}`,
    )
  }
  const head = h(
    "tr",
    {},
    h("th", { scope: "col" }, "B \\ T"),
    ...law.horizons.map((t) => h("th", { scope: "col" }, ...raised(power(t)))),
  )
  const body = law.batches.map((b) =>
    h("tr", {}, h("th", { scope: "row" }, ...raised(power(b))), ...law.horizons.map((_, i) => cell(b, i))),
  )
  const table = h("table", {}, h("caption", {}, "Best learning rate"), h("thead", {}, head), h("tbody", {}, ...body))
  const scroll = h("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Best learning rates" }, table)
  return scroll
}

const empty = (text: string) => h("p", { className: "empty" }, text)

export const drawings = () => {
  const [bell, critical, losses] = ["bell", "critical", "losses"].map(panelOf) as [Panel, Panel, Panel]
  const truthRow = h("label", { className: "check" })
  const behind = h("input", { type: "checkbox" })
  truthRow.append(behind, h("span", {}, "Show the declared law"))
  const numbers = h("details", {}, h("summary", {}, "The numbers"))
  bell.below.append(truthRow, numbers)
  let seen: ReadonlySet<number> = new Set()
  let last: State | undefined
  let width = 0

  const draw = (state: State) => {
    const { law, prediction, rows, traces, runs, choice } = state
    const batches = [...new Set([...runs.values()].map(({ batch }) => batch))].sort((a, b) => a - b)
    const truth = presetOf(choice.preset).truth?.(choice.settings)
    truthRow.hidden = truth === undefined || law === undefined
    numbers.hidden = law === undefined
    const shown = behind.checked ? truth : undefined
    if (law === undefined) {
      bell.drawing.replaceChildren(empty("Start a study, and the curves draw themselves as runs finish."))
      critical.drawing.replaceChildren(empty("Needs a few batches at three horizons."))
      for (const cleared of [bell.legend, critical.legend, critical.below]) cleared.replaceChildren()
    } else {
      bell.legend.replaceChildren(
        ...legendOf(
          law.horizons.map((tokens, i) => ({
            label: `T = ${power(tokens)}`,
            color: levelColor(i, law.horizons.length),
            symbol: levelSymbol(i),
          })),
        ),
        ...(prediction === undefined
          ? []
          : legendOf([{ label: `asked: T = ${power(prediction.tokens)}`, color: "var(--accent)", symbol: "circle" }])),
      )
      const optima = law.bells.some(({ bars, bounds }) => bars.length + bounds.length > 0)
      bell.drawing.replaceChildren(
        optima
          ? bellFigure({ law, batches, prediction, truth: shown, seen }, width)
          : empty("A best rate shows once a batch has a few rates."),
      )
      seen = new Set(law.bells.flatMap(({ tokens, curve }) => (curve === undefined ? [] : [tokens])))
      critical.legend.replaceChildren(
        ...legendOf(law.tracks.map(({ id, name }) => ({ label: name, ...criticalLooks[id] }))),
      )
      critical.below.replaceChildren(
        h(
          "ul",
          { className: "said" },
          ...law.tracks.map(({ name, text }) => h("li", {}, h("strong", {}, name), " ", ...raised(text))),
        ),
      )
      const drawn = law.tracks.some(({ bars, bounds }) => bars.length + bounds.length > 0)
      critical.drawing.replaceChildren(
        drawn
          ? criticalFigure(law, prediction?.tokens, shown, width)
          : empty("No critical batch is known at any horizon yet."),
      )
    }
    const any = rows.some(({ loss }) => Number.isFinite(loss)) || traces.size > 0
    losses.legend.replaceChildren(
      ...(any
        ? legendOf(
            batches.map((batch, i) => ({
              label: `B = ${power(batch)}`,
              color: levelColor(i, batches.length),
              symbol: "circle",
            })),
          )
        : []),
    )
    losses.drawing.replaceChildren(
      any ? lossFigure({ rows, traces, runs, batches }, width) : empty("No run has been read yet."),
    )
  }

  let table: State["law"]
  const refill = () => {
    if (!numbers.open || last?.law === undefined || last.law === table) return
    table = last.law
    numbers.replaceChildren(numbers.firstElementChild!, bellTable(last.law))
  }
  numbers.addEventListener("toggle", refill)
  behind.addEventListener("change", () => last !== undefined && draw(last))

  let due = false
  const soon = () => {
    if (due) return
    due = true
    requestAnimationFrame(() => {
      due = false
      if (last !== undefined && width > 0) draw(last)
      refill()
    })
  }
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry!.contentRect.width)
    if (now === width || now === 0) return
    width = now
    soon()
  }).observe(bell.drawing)

  return (state: State) => {
    if (last?.choice !== state.choice) seen = new Set()
    last = state
    soon()
  }
}
