import { sha256 as portable } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"

interface Hash {
  readonly add: (part: string | Uint8Array) => void
  readonly hex: () => string
}

/** Node's own code where there is one, ten times as fast. */
const create: () => Hash = (() => {
  const node = globalThis.process?.getBuiltinModule?.("node:crypto")
  if (node !== undefined)
    return () => {
      const hash = node.createHash("sha256")
      return { add: (part) => void hash.update(part), hex: () => hash.digest("hex") }
    }
  return () => {
    const hash = portable.create()
    return {
      add: (part) => void hash.update(typeof part === "string" ? utf8ToBytes(part) : part),
      hex: () => bytesToHex(hash.digest()),
    }
  }
})()

/** SHA-256 of the parts one after another, in hexadecimal. */
export const sha256 = (...parts: ReadonlyArray<string | Uint8Array>): string => {
  const hash = create()
  for (const part of parts) hash.add(part)
  return hash.hex()
}
