/** Studies that this browser keeps: folders of the origin's private file system, as `@ts/sweep` lays them out. */
import { type Choice, choiceOf, nameOf, titleOf } from "../studies/Choice.ts"
import { dropText } from "../texts/shelf.ts"
import { byId, h } from "./elements.ts"

const home = async (): Promise<FileSystemDirectoryHandle | undefined> => {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle("time-transfer")
  } catch {
    // No storage, or nothing in it yet.
    return undefined
  }
}

const keptChoices = async (): Promise<ReadonlyArray<Choice>> => {
  const found: Array<Choice> = []
  for await (const name of (await home())?.keys() ?? []) {
    const choice = choiceOf(decodeURIComponent(name))
    if (choice !== undefined) found.push(choice)
  }
  return found
}

export const eraseStudy = async (choice: Choice): Promise<void> => {
  await (await home())?.removeEntry(encodeURIComponent(nameOf(choice)), { recursive: true }).catch(() => {})
  const { text } = choice
  if (text === undefined) return
  const others = await keptChoices()
  if (!others.some((other) => other.text?.sha256 === text.sha256)) await dropText(text)
}

export const keptList = (current: () => Choice) => async (): Promise<void> => {
  const others = (await keptChoices()).filter((choice) => nameOf(choice) !== nameOf(current()))
  byId("kept").hidden = others.length === 0
  byId("kept-list").replaceChildren(
    ...others.map((choice) => h("li", {}, h("a", { href: `#${nameOf(choice)}` }, titleOf(choice)))),
  )
}
