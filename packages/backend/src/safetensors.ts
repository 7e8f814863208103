/**
 * The safetensors container (https://github.com/huggingface/safetensors): eight bytes with the header's length,
 * a JSON header, then the tensors. Only F32 and F64, which is all that a checkpoint holds.
 */

export interface Tensor {
  readonly shape: ReadonlyArray<number>
  readonly values: Float32Array | Float64Array
}

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, Tensor>
}

interface Entry {
  readonly dtype: string
  readonly shape: ReadonlyArray<number>
  readonly data_offsets: readonly [number, number]
}

const arrays: Readonly<Record<string, typeof Float32Array | typeof Float64Array>> = {
  F32: Float32Array,
  F64: Float64Array,
}

export const encodeSafetensors = (file: SafetensorsFile): Uint8Array => {
  const header: Record<string, unknown> = { __metadata__: file.metadata }
  let offset = 0
  for (const [name, { shape, values }] of file.tensors) {
    const size = shape.reduce((product, n) => product * n, 1)
    if (size !== values.length)
      throw new RangeError(`tensor ${name}: shape [${shape}] does not hold ${values.length} values`)
    const dtype = values instanceof Float64Array ? "F64" : "F32"
    header[name] = { dtype, shape, data_offsets: [offset, offset + values.byteLength] } satisfies Entry
    offset += values.byteLength
  }
  let json = JSON.stringify(header)
  // The data starts at a multiple of 8 bytes; the format allows trailing spaces.
  json += " ".repeat((8 - (new TextEncoder().encode(json).length % 8)) % 8)
  const head = new TextEncoder().encode(json)
  const bytes = new Uint8Array(8 + head.length + offset)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true)
  bytes.set(head, 8)
  let position = 8 + head.length
  for (const { values } of file.tensors.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position)
    position += values.byteLength
  }
  return bytes
}

/** @throws {RangeError} when the bytes are not a whole safetensors file of F32 and F64 tensors */
export const decodeSafetensors = (bytes: Uint8Array): SafetensorsFile => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerLength = bytes.byteLength < 8 ? Number.POSITIVE_INFINITY : Number(view.getBigUint64(0, true))
  if (8 + headerLength > bytes.byteLength) throw new RangeError("the file ends inside its header")
  let header: Record<string, unknown>
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + headerLength)))
  } catch {
    throw new RangeError("the header is not JSON")
  }
  const tensors = new Map<string, Tensor>()
  const start = 8 + headerLength
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue
    const entry = value as Entry
    const ArrayType = arrays[entry.dtype]
    if (ArrayType === undefined) throw new RangeError(`tensor ${name} has type ${entry.dtype}, neither F32 nor F64`)
    const [from, to] = entry.data_offsets
    const size = entry.shape.reduce((product, n) => product * n, 1)
    if (to - from !== ArrayType.BYTES_PER_ELEMENT * size || start + to > bytes.byteLength)
      throw new RangeError(`tensor ${name} is cut off`)
    // A copy (a Node Buffer's own `slice` is not one), since data read from disk need not be aligned.
    tensors.set(name, {
      shape: entry.shape,
      values: new ArrayType(new Uint8Array(bytes.subarray(start + from, start + to)).buffer),
    })
  }
  return { metadata: (header["__metadata__"] ?? {}) as Record<string, string>, tensors }
}
