/** A file that is not what it should be. */
export class RunsFormatError extends Error {
  override readonly name = "RunsFormatError"
  /** Name of the file. */
  readonly file: string
  /** Line of the file, from 1, where one is to blame. */
  readonly line: number | undefined
  constructor(file: string, problem: string, line?: number) {
    super(line === undefined ? `${file} ${problem}` : `${file}, line ${line}, ${problem}`)
    this.file = file
    this.line = line
  }
}

const flag = (field: string): string => `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** A mapping that cannot be read, names a column that is not there, or is missing where names do not say enough. */
export class MappingError extends Error {
  override readonly name = "MappingError"
  /** Field of the row that was being mapped, as `batch`. */
  readonly field: string
  /** What was given for it; empty where nothing was. */
  readonly expression: string
  constructor(field: string, expression: string, problem: string) {
    super(`${flag(field)}${expression === "" ? "" : ` "${expression}"`}: ${problem}`)
    this.field = field
    this.expression = expression
  }
}
