/** A text of the user's, by its content: part of a study's name, so that a study never goes on with another text. */
export interface TextRef {
  /** Of what is trained on, hexadecimal. */
  readonly sha256: string
  /** For people. */
  readonly name: string
  readonly bytes: number
}

/** As runs name it: what it is called is no part of them. */
export const pathOf = ({ sha256 }: TextRef): string => `${sha256}.txt`

const units = ["bytes", "kB", "MB"]

/** `148 kB` */
export const sizeText = (bytes: number): string => {
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${Number((bytes / 1000 ** unit).toPrecision(3))} ${units[unit]}`
}

export const labelOf = ({ name, bytes }: TextRef): string => `${name}, ${sizeText(bytes)}`
