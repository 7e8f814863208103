/** Token ids: two bytes each up to a vocabulary of 65536, four above. */
export type Tokens = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>

/** The array type that holds ids below `vocabulary`. */
export const tokenArray = (vocabulary: number): Uint16ArrayConstructor | Uint32ArrayConstructor =>
  vocabulary <= 2 ** 16 ? Uint16Array : Uint32Array

/** A growing array of token ids. */
export class TokenBuffer {
  #tokens: Tokens
  #length = 0

  constructor(vocabulary: number) {
    this.#tokens = new (tokenArray(vocabulary))(2 ** 16)
  }

  get length(): number {
    return this.#length
  }

  push(token: number): void {
    if (this.#length === this.#tokens.length) this.#grow(1)
    this.#tokens[this.#length++] = token
  }

  append(tokens: ArrayLike<number>): void {
    if (this.#length + tokens.length > this.#tokens.length) this.#grow(tokens.length)
    this.#tokens.set(tokens, this.#length)
    this.#length += tokens.length
  }

  clear(): void {
    this.#length = 0
  }

  /** A copy of the first `count` tokens. */
  take(count = this.#length): Tokens {
    return this.#tokens.slice(0, count)
  }

  #grow(extra: number): void {
    const size = Math.max(this.#tokens.length * 2, this.#length + extra)
    const grown = this.#tokens instanceof Uint16Array ? new Uint16Array(size) : new Uint32Array(size)
    grown.set(this.#tokens)
    this.#tokens = grown
  }
}

/** The bytes of `tokens`, little endian as every machine Node runs this on. */
export const bytesOf = (tokens: Tokens): Uint8Array =>
  new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength)

/** The tokens in `bytes`, without a copy where alignment allows. */
export const tokensOf = (bytes: Uint8Array<ArrayBuffer>, vocabulary: number): Tokens => {
  const ArrayType = tokenArray(vocabulary)
  const size = ArrayType.BYTES_PER_ELEMENT
  if (bytes.byteOffset % size !== 0) bytes = bytes.slice()
  return new ArrayType(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / size))
}
