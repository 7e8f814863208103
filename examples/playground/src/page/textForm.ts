/** A text of one's own: chosen, dropped or pasted. */
import { initialChoice, nameOf } from "../studies/Choice.ts"
import { presetOf } from "../studies/presets.ts"
import { type OwnText, readText } from "../texts/readText.ts"
import { labelOf } from "../texts/TextRef.ts"
import { byId, h } from "./elements.ts"
import type { State } from "./State.ts"

/** Studies that need no graphics card. */
const elsewhere = () =>
  (["least-squares", "declared-law"] as const).map((id) =>
    h("a", { href: `#${nameOf(initialChoice(id))}` }, presetOf(id).title),
  )

export const textForm = (choose: (text: OwnText) => void): ((state: State) => void) => {
  const [panel, named, said] = [byId("own-text"), byId("text-named"), byId("text-said")]
  const [file, paste, anew] = [
    byId<HTMLInputElement>("text-file"),
    byId<HTMLTextAreaElement>("text-paste"),
    byId<HTMLButtonElement>("text-new"),
  ]
  let state: State | undefined
  let other: OwnText | undefined

  const say = (words: string) => {
    said.hidden = words === ""
    said.textContent = words
  }
  const refuse = (text: OwnText, name: string) => {
    other = text
    anew.hidden = false
    anew.textContent = `Start a new study of "${text.ref.name}"`
    say(`"${text.ref.name}" is not the text that this study is of: it began with "${name}", and goes on with no other.`)
  }
  const take = async (content: Blob, name: string) => {
    anew.hidden = true
    say("")
    try {
      const text = await readText(content, name)
      const { choice, trouble } = state!
      if (trouble?.kind === "no text" && choice.text !== undefined && choice.text.sha256 !== text.ref.sha256)
        return refuse(text, choice.text.name)
      choose(text)
    } catch (cause) {
      say(cause instanceof Error ? cause.message : String(cause))
    }
  }
  const takePasted = (words: string) => {
    if (words.trim() !== "") void take(new Blob([words]), "pasted text")
    paste.value = ""
  }

  anew.addEventListener("click", () => other !== undefined && choose(other))
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? []
    if (chosen !== undefined) void take(chosen, chosen.name)
    // The same file chosen again is a choice, too.
    file.value = ""
  })
  paste.addEventListener("paste", (event) => {
    event.preventDefault()
    takePasted(event.clipboardData?.getData("text/plain") ?? "")
  })
  paste.addEventListener("change", () => takePasted(paste.value))
  const over = (event: DragEvent) => {
    event.preventDefault()
    panel.classList.toggle("over", event.type === "dragover")
  }
  panel.addEventListener("dragover", over)
  panel.addEventListener("dragleave", over)
  panel.addEventListener("drop", (event) => {
    over(event)
    const [dropped] = event.dataTransfer?.files ?? []
    const words = event.dataTransfer?.getData("text/plain") ?? ""
    if (dropped !== undefined) void take(dropped, dropped.name)
    else takePasted(words)
  })

  return (now) => {
    const { choice, phase, accelerator } = now
    if (choice !== state?.choice) {
      anew.hidden = true
      say("")
    }
    state = now
    panel.hidden = presetOf(choice.preset).ownText !== true
    panel.inert = phase === "running" || phase === "pausing"
    panel.classList.toggle("chosen", choice.text !== undefined)
    named.textContent = choice.text === undefined ? "" : labelOf(choice.text)
    const none = accelerator !== undefined && "missing" in accelerator
    const words = byId("text-slow")
    words.hidden = !none
    if (none && words.childElementCount === 0) {
      const [one, two] = elsewhere()
      words.replaceChildren(
        "Without WebGPU a text is learned by one thread of the processor, which is slow. ",
        one!,
        " and ",
        two!,
        " need no graphics card.",
      )
    }
  }
}
