/** The law in words, as the report has them. */
import { byId, h } from "./elements.ts"
import { raised } from "./raised.ts"
import type { State } from "./State.ts"

const shown = ["optima", "critical", "regimes", "form", "peak", "loss"]

export const findingsList = () => {
  const section = byId("findings")
  const list = section.querySelector("dl")!
  let last: State["law"]
  return ({ law }: State) => {
    if (law === last) return
    last = law
    section.hidden = law === undefined
    list.replaceChildren(
      ...(law?.findings ?? [])
        .filter(({ id }) => shown.some((start) => id.startsWith(start)))
        .map(({ title, text, state }) =>
          h(
            "div",
            { className: state === "found" || state === "noted" ? "" : "open" },
            h("dt", {}, title),
            h("dd", {}, ...raised(text)),
          ),
        ),
    )
  }
}
