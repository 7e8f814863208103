/** A longer run: drag the horizon, and see what the law says. */
import type { Answer, PredictionView } from "../analyst/prediction.ts"
import { nameOf } from "../studies/Choice.ts"
import { byId, h } from "./elements.ts"
import { digits, intervalText, power, tokensSpoken, tokensText } from "./numbers.ts"
import { raised } from "./raised.ts"
import type { State } from "./State.ts"

/** How far beyond the longest horizon one may ask, octaves. */
const BEYOND = 6

/** Where the dial stands at first, octaves beyond. */
const FIRST = 3

const sentence = (name: string, answer: Answer, text: (value: number) => string): HTMLElement =>
  h(
    "div",
    { className: "answer" },
    h("dt", {}, name),
    "value" in answer
      ? h(
          "dd",
          {},
          h("strong", {}, ...raised(text(answer.value))),
          " ",
          h("span", {}, ...raised(intervalText(answer, text))),
        )
      : h("dd", { className: "open" }, ...raised(answer.why)),
  )

const factor = (value: number): string => `${Number(value.toPrecision(2))}×`

const answerOf = ({ batch, eta, regret, loss, beyond }: PredictionView): ReadonlyArray<HTMLElement> => {
  const far = [
    ...(beyond.tokens > 1 ? [`${factor(beyond.tokens)} beyond the horizons measured`] : []),
    ...(beyond.batch > 1 ? [`${factor(beyond.batch)} beyond the batches measured`] : []),
  ]
  return [
    h(
      "dl",
      {},
      sentence("Learning rate", "value" in batch ? eta : batch, digits),
      // What hangs on a rate or a batch that is not known goes without saying.
      ...("value" in batch ? [sentence("Batch", batch, power)] : []),
      ...("value" in loss || "value" in eta
        ? [sentence("Loss to expect", loss, (value) => `${value.toPrecision(4)} nats`)]
        : []),
      ...("value" in regret
        ? [sentence("Given up by not knowing better", regret, (value) => `${digits(value)} nats`)]
        : []),
    ),
    h(
      "p",
      { className: "small" },
      far.length === 0 ? "Inside what was measured." : `Extrapolates ${far.join(" and ")}.`,
    ),
  ]
}

export interface Question {
  readonly tokens: number
  readonly batch?: number
}

export const ahead = (ask: (question: Question) => void) => {
  const [horizon, batch, advised] = [
    byId<HTMLInputElement>("horizon"),
    byId<HTMLInputElement>("batch"),
    byId<HTMLInputElement>("advised"),
  ]
  byId("question").addEventListener("submit", (event) => event.preventDefault())
  let speaks = false
  const question = (): Question => ({
    tokens: 2 ** Number(horizon.value),
    ...(advised.checked ? {} : { batch: 2 ** Number(batch.value) }),
  })
  const say = (input: HTMLInputElement) => {
    const value = 2 ** Number(input.value)
    byId(`${input.id}-text`).replaceChildren(...raised(tokensText(value)))
    input.setAttribute("aria-valuetext", tokensSpoken(value))
  }
  const show = () => {
    say(horizon)
    say(batch)
    batch.disabled = !speaks || advised.checked
  }
  const changed = () => {
    show()
    if (speaks) ask(question())
  }
  for (const input of [horizon, batch, advised]) input.addEventListener("input", changed)

  let law: State["law"]
  let shown: State["prediction"]
  let asked = ""
  return (state: State) => {
    if (state.law !== law) {
      law = state.law
      speaks = law?.speaks === true
      horizon.disabled = advised.disabled = !speaks
      const runs = [...state.runs.values()]
      if (law !== undefined && runs.length > 0) {
        const first = Math.log2(law.horizons[0]!)
        const last = Math.log2(Math.max(...runs.map(({ until }) => until)))
        const batches = runs.map((run) => Math.log2(run.batch))
        const [low, high] = [Math.min(...batches), Math.max(...batches)]
        const now = [nameOf(state.choice), first].join()
        if (now !== asked) {
          Object.assign(horizon, { min: first, max: last + BEYOND })
          Object.assign(batch, { min: low, max: high + 2 })
          // Where one has dragged them they stay, as long as it is the same study.
          if (!asked.startsWith(nameOf(state.choice))) {
            horizon.value = String(last + FIRST)
            batch.value = String(Math.round((low + high) / 2))
          }
          asked = now
        }
      }
      show()
      // Once asked, every law answers by itself.
      if (speaks && state.prediction === undefined) ask(question())
    }
    if (state.prediction === shown && shown !== undefined) return
    shown = state.prediction
    if (shown === undefined) {
      const why =
        law === undefined
          ? "Once some runs have finished, ask here what a longer one would need."
          : "No law yet: more runs have to finish before it can speak of longer ones."
      byId("answer").replaceChildren(h("p", { className: "empty" }, why))
      return
    }
    if (advised.checked && "value" in shown.batch) {
      batch.value = String(Math.log2(shown.batch.value))
      say(batch)
    }
    byId("answer").replaceChildren(...answerOf(shown))
  }
}
