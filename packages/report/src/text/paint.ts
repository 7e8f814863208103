/** Terminal styles; each returns its text unchanged where colour is off. */
export interface Paint {
  readonly label: (text: string) => string
  readonly faint: (text: string) => string
  readonly found: (text: string) => string
  readonly plain: (text: string) => string
  readonly missing: (text: string) => string
  readonly warning: (text: string) => string
}

const style = (open: number, close: number) => (text: string) =>
  text.trim() === "" ? text : `\u001b[${open}m${text}\u001b[${close}m`
const same = (text: string): string => text

export const paintFor = (color: boolean): Paint =>
  color
    ? {
        label: style(1, 22),
        faint: style(2, 22),
        found: style(36, 39),
        missing: style(33, 39),
        plain: same,
        warning: style(31, 39),
      }
    : { label: same, faint: same, found: same, missing: same, plain: same, warning: same }
