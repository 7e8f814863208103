/** Which study: presets, and the dials of the one chosen. */
import type { Wish } from "../engine/backends.ts"
import { type Choice, initialChoice, wantsText } from "../studies/Choice.ts"
import type { PresetId } from "../studies/Preset.ts"
import { presetOf, presets } from "../studies/presets.ts"
import { byId, h } from "./elements.ts"
import type { State } from "./State.ts"

export interface StudyForm {
  readonly render: (state: State) => void
  readonly watchable: () => boolean
}

const dialRow = (
  { name, label, from, to, step, text }: ReturnType<typeof presetOf>["dials"][number],
  value: number,
  set: (name: string, value: number) => void,
): HTMLElement => {
  const output = h("output", {}, text(value))
  const input = h("input", {
    type: "range",
    id: `dial-${name}`,
    min: String(from),
    max: String(to),
    step: String(step),
  })
  input.value = String(value)
  input.setAttribute("aria-valuetext", text(value))
  // While it moves only its text follows; the study is another one once it rests.
  input.addEventListener("input", () => {
    output.value = text(Number(input.value))
    input.setAttribute("aria-valuetext", output.value)
  })
  input.addEventListener("change", () => set(name, Number(input.value)))
  return h("div", { className: "dial" }, h("label", { htmlFor: input.id }, label), output, input)
}

export const studyForm = (choose: (choice: Choice) => void, trainOn: (wish: Wish) => void): StudyForm => {
  const fieldset = byId<HTMLFieldSetElement>("presets")
  const pace = byId<HTMLInputElement>("pace")
  const accelerate = byId<HTMLInputElement>("accelerate")
  accelerate.addEventListener("change", () => trainOn(accelerate.checked ? "accelerator" : "processor"))
  const inputs = new Map<PresetId, HTMLInputElement>()
  for (const { id, title, source, summary } of presets) {
    const input = h("input", { type: "radio", name: "preset", value: id, id: `preset-${id}` })
    input.setAttribute("aria-describedby", `about-${id}`)
    input.addEventListener("change", () => choose(initialChoice(id)))
    inputs.set(id, input)
    const words = h("span", { className: "words" }, h("strong", {}, title), h("em", {}, source))
    const card = h("label", { className: "preset", htmlFor: input.id }, input, words)
    fieldset.append(card, h("p", { className: "about", id: `about-${id}` }, summary))
  }
  byId("study").addEventListener("submit", (event) => event.preventDefault())

  let shown: Choice | undefined
  return {
    watchable: () => pace.checked,
    render: ({ choice, phase, accelerator }) => {
      const busy = phase === "running" || phase === "pausing"
      fieldset.disabled = busy
      for (const input of byId("dials").querySelectorAll("input")) input.disabled = busy
      const there = accelerator !== undefined && "name" in accelerator
      byId("accelerate-row").hidden = !there
      accelerate.disabled = busy || phase === "opening"
      if (there) {
        accelerate.checked = accelerator.chosen
        byId("accelerate-text").textContent = `Train on ${accelerator.name}`
      }
      byId("dials").hidden = wantsText(choice)
      byId("pace-row").hidden = !presetOf(choice.preset).quick
      if (shown === choice) return
      shown = choice
      for (const [id, input] of inputs) input.checked = id === choice.preset
      const set = (name: string, value: number) =>
        choose({ ...choice, settings: { ...choice.settings, [name]: value } })
      const focused = document.activeElement?.id
      byId("dials").replaceChildren(
        ...presetOf(choice.preset)
          .dials(choice.text)
          .map((dial) => dialRow(dial, choice.settings[dial.name]!, set)),
      )
      // A dial moved by keys stays under them.
      if (focused?.startsWith("dial-")) document.getElementById(focused)?.focus()
    },
  }
}
