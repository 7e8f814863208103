/** How the runs stand, what may be done about it, and what is in the way. */
import { nameOf } from "../studies/Choice.ts"
import { presetOf } from "../studies/presets.ts"
import { byId } from "./elements.ts"
import { runsFigure } from "./figures/runs.ts"
import { secondsText } from "./numbers.ts"
import { doneOf, type State } from "./State.ts"

export interface StandingActions {
  readonly run: () => void
  readonly pause: () => void
  /** Opens the study anew, after trouble. */
  readonly open: (kept: boolean) => void
  readonly erase: () => void
}

/** `, about 3 min on this machine`; nothing for what takes no time, or cannot be measured. */
const costText = ({ measuring, estimate }: State): string => {
  if (measuring) return "; measuring how long they take here …"
  return estimate === undefined ? "" : `, about ${secondsText(estimate)} on this machine`
}

export const statusText = (state: State): string => {
  const { phase, runs, secondsLeft, estimate, kept } = state
  const count = `${doneOf(state)} of ${runs.size} runs`
  const where = kept ? "" : " Nothing is kept: export before you close the page."
  switch (phase) {
    case "opening":
      return "Opening the study …"
    case "choosing":
      return "Choose a text, and its study can start."
    case "ready":
      return `${runs.size} runs to train${costText(state)}.${where}`
    case "running":
      return `${count} done${secondsLeft === undefined || presetOf(state.choice.preset).quick ? "" : `, about ${secondsText(secondsLeft)} left`}.${where}`
    case "pausing":
      return "Pausing at the next step …"
    case "paused":
      return `Paused: ${count} done${estimate === undefined ? "" : `, about ${secondsText(estimate)} left`}. ${kept ? "Come back whenever you like; it goes on from here." : where}`
    case "finished": {
      const diverged = [...runs.values()].filter(({ standing }) => standing === "diverged").length
      return `Finished: ${count} done${diverged === 0 ? "" : `, ${diverged} of them diverged, which is a result too`}.${where}`
    }
    case "failed":
      return runs.size === 0 ? "" : `Stopped: ${count} done and safe.`
  }
}

/** There is nothing to start. */
const idle: ReadonlyArray<State["phase"]> = ["opening", "choosing", "finished"]

const goText = ({ phase, trouble, runs }: State): string => {
  if (phase === "running" || phase === "pausing") return "Pause"
  if (trouble?.kind === "no text") return "Start"
  if (phase === "failed") return trouble?.kind === "other" && runs.size > 0 ? "Go on" : "Try again"
  return phase === "paused" ? "Continue" : phase === "finished" ? "Finished" : "Start"
}

export const standing = (actions: StandingActions) => {
  const [go, unkept, erase, trouble] = [
    byId<HTMLButtonElement>("go"),
    byId<HTMLButtonElement>("unkept"),
    byId<HTMLButtonElement>("erase"),
    byId("trouble"),
  ]
  let state: State | undefined
  go.addEventListener("click", () => {
    if (state === undefined) return
    if (state.phase === "running") actions.pause()
    else if (state.phase === "failed" && !(state.trouble?.kind === "other" && state.runs.size > 0))
      actions.open(state.kept)
    else if (!idle.includes(state.phase)) actions.run()
  })
  unkept.addEventListener("click", () => actions.open(false))
  // Twice, since nothing brings a deleted study back.
  let sure = false
  const rest = () => {
    sure = false
    erase.textContent = "Delete this study"
  }
  erase.addEventListener("blur", rest)
  erase.addEventListener("click", () => {
    if (sure) {
      rest()
      return actions.erase()
    }
    sure = true
    erase.textContent = "Really delete it?"
  })

  return (now: State) => {
    state = now
    const { phase, runs, device, accelerator, kept } = now
    document.documentElement.dataset["phase"] = phase
    const words = statusText(now)
    // Not for every run: those who listen want to think, too.
    const said = byId("status")
    if (said.textContent !== words) said.textContent = words
    byId("runs").replaceChildren(
      ...(runs.size === 0 ? [] : [runsFigure([...runs.values()], `Runs by batch and rate. ${words}`)]),
    )
    go.textContent = goText(now)
    // A button that goes away takes the keyboard's place on the page with it: it stays, and says that it does nothing.
    go.setAttribute(
      "aria-disabled",
      String(idle.includes(phase) || phase === "pausing" || now.trouble?.kind === "no text"),
    )
    unkept.hidden = !(phase === "failed" && now.trouble?.kind === "no storage")
    erase.hidden = !(kept && (phase === "paused" || phase === "finished"))
    trouble.hidden = now.trouble === undefined
    // The study's name is for machines.
    const told = (now.trouble?.message ?? "").replaceAll(nameOf(now.choice), "this study")
    const message = told.charAt(0).toUpperCase() + told.slice(1)
    if (trouble.textContent !== message) trouble.textContent = message
    const missing =
      accelerator !== undefined && "missing" in accelerator ? ` Not on a graphics card: ${accelerator.missing}.` : ""
    byId("device").textContent = device === "" ? "" : `Computed by ${device}.${missing}`
  }
}
