import { declaredLaw } from "./declaredLaw.ts"
import { leastSquares } from "./leastSquares.ts"
import { ownText } from "./ownText.ts"
import type { Preset, PresetId } from "./Preset.ts"
import { transformer } from "./transformer.ts"

export const presets: ReadonlyArray<Preset> = [declaredLaw, leastSquares, transformer, ownText]

export const presetOf = (id: PresetId): Preset => presets.find((preset) => preset.id === id)!
