/** Canonical JSON (sorted keys, no spaces, no undefined) and its hash: the identity of plain data. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"

export const canonicalJson = (value: unknown): string => {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(`canonical JSON cannot hold ${value}; write null or leave the field out`)
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(",")}}`
}

const portableHash = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)))

/** SHA-256 of a text as UTF-8, 64 hexadecimal digits: by Node's own code where there is one, ten times as fast. */
export const textHash: (text: string) => string = (() => {
  const crypto = globalThis.process?.getBuiltinModule?.("node:crypto")
  return crypto?.hash === undefined ? portableHash : (text) => crypto.hash("sha256", text, "hex")
})()

/** SHA-256 of the canonical JSON, 64 hexadecimal digits. */
export const canonicalHash = (value: unknown): string => textHash(canonicalJson(value))

/** Bytes worth a trip off the event loop, and what the platform's own digest takes at once. */
const [SMALLEST_DIGEST, LARGEST_DIGEST] = [2 ** 16, 2 ** 31 - 1]

/** SHA-256 of bytes, 64 hexadecimal digits: off the event loop where the platform can (not on a page without HTTPS). */
export const bytesHash = async (bytes: Uint8Array): Promise<string> => {
  const { subtle } = globalThis.crypto
  const { byteLength } = bytes
  const worthwhile = byteLength >= SMALLEST_DIGEST && byteLength <= LARGEST_DIGEST
  if (subtle === undefined || !worthwhile) return bytesToHex(sha256(bytes))
  return bytesToHex(new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)))
}
