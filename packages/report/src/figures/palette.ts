/** Anchors of viridis (Smith and van der Walt, matplotlib, CC0): even in lightness, and told apart by colour-blind readers. */
const anchors = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"]

/** Steps of the ordered palette. */
export const steps = 12

const channels = (hex: string): ReadonlyArray<number> => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16))

/** Colour at a fraction of the ramp, 0 to 1. */
const viridis = (fraction: number): string => {
  const place = Math.min(1, Math.max(0, fraction)) * (anchors.length - 1)
  const k = Math.min(anchors.length - 2, Math.floor(place))
  const [a, b] = [channels(anchors[k]), channels(anchors[k + 1])]
  const mixed = a.map((x, i) => Math.round(x + (b[i] - x) * (place - k)))
  return `#${mixed.map((x) => x.toString(16).padStart(2, "0")).join("")}`
}

/** Custom properties `--c0` to `--c11`: the part of the ramp that stands out from the page. */
export const rampCss = (from: number, to: number): string =>
  Array.from({ length: steps }, (_, i) => `--c${i}:${viridis(from + ((to - from) * i) / (steps - 1))};`).join("")

/** Colour of the `index`-th of `count` ordered levels. */
export const levelColor = (index: number, count: number): string =>
  `var(--c${count < 2 ? 4 : Math.round((index * (steps - 1)) / (count - 1))})`

export const symbols = ["circle", "square", "diamond", "triangle"] as const
export type LevelSymbol = (typeof symbols)[number]

/** A second mark of the level, besides its colour. */
export const levelSymbol = (index: number): LevelSymbol => symbols[index % symbols.length]
