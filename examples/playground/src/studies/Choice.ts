/** A preset with its settings, and its name: part of the page's address and of the place where the study is kept. */
import type { PresetId, Settings } from "./Preset.ts"
import { presetOf, presets } from "./presets.ts"

export interface Choice {
  readonly preset: PresetId
  readonly settings: Settings
}

export const initialChoice = (id: PresetId): Choice => ({
  preset: id,
  settings: Object.fromEntries(presetOf(id).dials.map(({ name, initial }) => [name, initial])),
})

/** `declared-law?noise=0.001&growth=0.7` */
export const nameOf = ({ preset, settings }: Choice): string => {
  const parameters = new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, String(value)]))
  return parameters.size === 0 ? preset : `${preset}?${parameters}`
}

/** `undefined` where the name is of no study on offer. */
export const choiceOf = (name: string): Choice | undefined => {
  const [id, query = ""] = name.split("?", 2)
  const preset = presets.find((one) => one.id === id)
  if (preset === undefined) return undefined
  const given = new URLSearchParams(query)
  const settings: Record<string, number> = {}
  for (const { name: dial, from, to, initial } of preset.dials) {
    const value = Number(given.get(dial) ?? initial)
    if (!(value >= from && value <= to)) return undefined
    settings[dial] = value
  }
  return { preset: preset.id, settings }
}

/** For people: the title and what was set. */
export const titleOf = ({ preset, settings }: Choice): string => {
  const { title, dials } = presetOf(preset)
  const set = dials.map(
    ({ name, label, text }) => `${label.charAt(0).toLowerCase()}${label.slice(1)} ${text(settings[name]!)}`,
  )
  return set.length === 0 ? title : `${title}: ${set.join(", ")}`
}
