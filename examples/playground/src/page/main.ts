/** The page: one state, two workers, and parts that draw themselves from the state. */
import { rampCss } from "@ts/report"
import type { AnalystOrder, AnalystReport, Exported, Wanted } from "../analyst/messages.ts"
import type { EngineOrder, EngineReport } from "../engine/messages.ts"
import { type Choice, choiceOf, initialChoice, nameOf, titleOf } from "../studies/Choice.ts"
import { ahead } from "./ahead.ts"
import { drawings } from "./drawings.ts"
import { h } from "./elements.ts"
import { findingsList } from "./findings.ts"
import { hearAnalyst, hearEngine } from "./hear.ts"
import { eraseStudy, keptList } from "./kept.ts"
import { opening, type State } from "./State.ts"
import { standing } from "./standing.ts"
import { studyForm } from "./studyForm.ts"
import { textForm } from "./textForm.ts"
import { rememberedWish, rememberWish } from "./wish.ts"

const ramp = new CSSStyleSheet()
ramp.replaceSync(`:root{${rampCss(0, 0.8)}}@media (prefers-color-scheme:dark){:root{${rampCss(0.3, 1)}}}`)
document.adoptedStyleSheets = [ramp]

/** The study in the address, else the first. */
const addressed = (): Choice => choiceOf(location.hash.slice(1)) ?? initialChoice("declared-law")

let state: State = opening(addressed(), true)
let engine: Worker | undefined
let analyst: Worker
/** Texts that were chosen since the page was opened, by their content. */
const texts = new Map<string, Blob>()
/** The engine before this one, until it has let go of its files. */
let leaving: Promise<void> = Promise.resolve()

const tellEngine = (order: EngineOrder) => engine?.postMessage(order)
const tellAnalyst = (order: AnalystOrder) => analyst.postMessage(order)

const parts = {
  form: studyForm(
    (choice) => {
      location.hash = nameOf(choice)
    },
    (wish) => {
      rememberWish(wish)
      void open(state.choice, state.kept)
    },
  ),
  text: textForm(({ ref, content }) => {
    texts.set(ref.sha256, content)
    const { choice, kept } = state
    // The very text that a study on the page is missing.
    if (choice.text?.sha256 === ref.sha256) void open(choice, kept)
    else location.hash = nameOf(initialChoice("own-text", ref))
  }),
  standing: standing({
    run: () => {
      // Asked for on a click, as browsers want it; without it the study may go when the device runs out of room.
      void navigator.storage?.persist?.()
      const { trouble: _, ...rest } = state
      become({ ...rest, phase: "running" })
      tellEngine({ do: "run", watchable: parts.form.watchable() })
    },
    pause: () => {
      become({ ...state, phase: "pausing" })
      tellEngine({ do: "pause" })
    },
    open: (kept) => open(state.choice, kept),
    erase: async () => {
      const { choice } = state
      await leave()
      await eraseStudy(choice)
      open(choice, true)
    },
  }),
  ahead: ahead((question) => tellAnalyst({ do: "predict", ...question })),
  drawings: drawings(),
  findings: findingsList(),
}
const lookForKept = keptList(() => state.choice)

const exports = [...document.querySelectorAll<HTMLButtonElement>("[data-export]")]

const become = (next: State): void => {
  state = next
  parts.form.render(state)
  parts.text(state)
  parts.standing(state)
  parts.ahead(state)
  parts.drawings(state)
  parts.findings(state)
  for (const button of exports) button.disabled = state.law === undefined
}

const save = ({ name, type, text }: Exported): void => {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
for (const button of exports)
  button.addEventListener("click", () =>
    tellAnalyst({
      do: "export",
      wanted: button.dataset["export"] as Wanted,
      name: `playground-${state.choice.preset}`,
      title: titleOf(state.choice),
    }),
  )

/** Ends the engine at a step, so that the next one finds the files free. */
const leave = (): Promise<void> => {
  const [old, before] = [engine, leaving]
  analyst?.terminate()
  if (old === undefined) return before
  engine = undefined
  leaving = before.then(
    () =>
      new Promise((resolve) => {
        const end = () => {
          old.terminate()
          resolve()
        }
        old.onmessage = ({ data }: MessageEvent<EngineReport>) => data.is === "closed" && end()
        old.onerror = end
        old.postMessage({ do: "close" } satisfies EngineOrder)
      }),
  )
  return leaving
}

/** Who moves a dial opens many studies, and means the last. */
let openings = 0

const open = async (choice: Choice, kept: boolean): Promise<void> => {
  const turn = ++openings
  const { choice: before, runs, kept: wasKept } = state
  const touched = [...runs.values()].some(({ tokens }) => tokens > 0)
  const left = leave().then(async () => {
    // A study that was only looked at leaves nothing behind.
    if (wasKept && runs.size > 0 && !touched && nameOf(before) !== nameOf(choice)) await eraseStudy(before)
  })
  become(opening(choice, kept))
  analyst = new Worker(new URL("../analyst/worker.ts", import.meta.url), { type: "module", name: "analyst" })
  analyst.onmessage = ({ data }: MessageEvent<AnalystReport>) =>
    data.is === "export" ? save(data.file) : become(hearAnalyst(state, data))
  await left
  if (turn !== openings) return
  engine = new Worker(new URL("../engine/worker.ts", import.meta.url), { type: "module", name: "engine" })
  engine.onmessage = ({ data }: MessageEvent<EngineReport>) => {
    if (data.is === "rows") tellAnalyst({ do: "rows", rows: data.rows })
    if (data.is === "opened") void lookForKept()
    become(hearEngine(state, data))
  }
  engine.onerror = ({ message }) =>
    become(hearEngine(state, { is: "failed", trouble: "other", message: `the engine stopped: ${message}` }))
  const wish = rememberedWish()
  const text = choice.text === undefined ? undefined : texts.get(choice.text.sha256)
  tellEngine({
    do: "open",
    choice,
    kept,
    ...(wish === undefined ? {} : { wish }),
    ...(text === undefined ? {} : { text }),
  })
}

addEventListener("hashchange", () => void open(addressed(), true))
void open(state.choice, true)
