/** A preset with its settings, and its name: part of the page's address and of the place where the study is kept. */
import { labelOf, type TextRef } from "../texts/TextRef.ts"
import type { PresetId, Settings } from "./Preset.ts"
import { presetOf, presets } from "./presets.ts"

export interface Choice {
  readonly preset: PresetId
  readonly settings: Settings
  /** Of a preset that wants one; absent until one is chosen. */
  readonly text?: TextRef
}

export const initialChoice = (id: PresetId, text?: TextRef): Choice => ({
  preset: id,
  settings: Object.fromEntries(
    presetOf(id)
      .dials(text)
      .map(({ name, initial }) => [name, initial]),
  ),
  ...(text === undefined ? {} : { text }),
})

/** Whether there is nothing to train on yet. */
export const wantsText = ({ preset, text }: Choice): boolean => presetOf(preset).ownText === true && text === undefined

/** `declared-law?noise=0.001&growth=0.7` */
export const nameOf = ({ preset, settings, text }: Choice): string => {
  const parameters = new URLSearchParams(
    Object.entries({ ...settings, ...text }).map(([name, value]) => [name, String(value)]),
  )
  return parameters.size === 0 ? preset : `${preset}?${parameters}`
}

const textIn = (given: URLSearchParams): TextRef | undefined => {
  const [sha256 = "", name = "", bytes] = [given.get("sha256") ?? "", given.get("name") ?? "", given.get("bytes")]
  const known = /^[0-9a-f]{64}$/.test(sha256) && name !== "" && Number(bytes) > 0
  return known ? { sha256, name, bytes: Number(bytes) } : undefined
}

/** `undefined` where the name is of no study on offer. */
export const choiceOf = (named: string): Choice | undefined => {
  const at = named.indexOf("?")
  const [id, query] = at < 0 ? [named, ""] : [named.slice(0, at), named.slice(at + 1)]
  const preset = presets.find((one) => one.id === id)
  if (preset === undefined) return undefined
  const given = new URLSearchParams(query)
  const text = preset.ownText === true ? textIn(given) : undefined
  const settings: Record<string, number> = {}
  for (const { name: dial, from, to, initial } of preset.dials(text)) {
    const value = Number(given.get(dial) ?? initial)
    if (!(value >= from && value <= to)) return undefined
    settings[dial] = value
  }
  return { preset: preset.id, settings, ...(text === undefined ? {} : { text }) }
}

/** For people: the title and what was set. */
export const titleOf = ({ preset, settings, text }: Choice): string => {
  const { title, dials } = presetOf(preset)
  const set = dials(text).map(
    ({ name, label, text: words }) => `${label.charAt(0).toLowerCase()}${label.slice(1)} ${words(settings[name]!)}`,
  )
  const said = [...(text === undefined ? [] : [labelOf(text)]), ...set]
  return said.length === 0 ? title : `${title}: ${said.join(", ")}`
}
