/** Time limits as people write them ("4h", "90min") and as Slurm does ("1-12:00:00", "30"), in minutes. */

const UNITS: Record<string, number> = { d: 1440, h: 60, min: 1, m: 1, s: 1 / 60 }

const spoken = (text: string): number | undefined => {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*(d|h|min|m|s)\s*/gy)]
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return undefined
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit!]!, 0)
}

/** `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes`, `days-hours:minutes:seconds` */
const slurms = (text: string): number | undefined => {
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text)
  if (match === null) return undefined
  const [days, a, b, c] = match.slice(1).map((part) => (part === undefined ? undefined : Number(part)))
  if (days !== undefined) return days * 1440 + a! * 60 + (b ?? 0) + (c ?? 0) / 60
  if (c !== undefined) return a! * 60 + b! + c / 60
  return a! + (b ?? 0) / 60
}

/** Whole minutes, rounded up, for Slurm counts in those; undefined when `text` is no time or no time at all. */
export const minutesOf = (text: string): number | undefined => {
  const trimmed = text.trim()
  const minutes = slurms(trimmed) ?? spoken(trimmed)
  return minutes !== undefined && minutes > 0 ? Math.ceil(minutes - 1e-9) : undefined
}
