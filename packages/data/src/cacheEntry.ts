import { mkdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { decodeManifest, type Manifest, type Shard } from "./Manifest.ts"
import { replaceFile } from "./replaceFile.ts"
import { sha256 } from "./sha256.ts"
import { bytesOf, type Tokens, tokensOf } from "./TokenBuffer.ts"

const MANIFEST = "manifest.json"
const TOKENIZER = "tokenizer.json"

/** What was found in the cache, and what of it had to be thrown away. */
export interface Found {
  readonly manifest: Manifest
  readonly tokenizerJson: string | undefined
  readonly validation: Tokens
  /** Shards that are not what the manifest says, from the first such one on. */
  readonly damaged: Manifest["shards"]
}

/** The prepared files of one corpus. */
export const cacheEntry = (folder: string) => {
  const readIfSound = async ({
    name,
    sha256: expected,
  }: Pick<Shard, "name" | "sha256">): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const bytes = await readFile(join(folder, name)).catch(() => undefined)
    return bytes !== undefined && sha256(bytes) === expected ? bytes : undefined
  }

  const write = async (name: string, tokens: Tokens): Promise<Shard> => {
    await replaceFile(join(folder, name), bytesOf(tokens))
    return { name, sha256: sha256(bytesOf(tokens)), tokens: tokens.length }
  }

  return {
    folder,

    /** What is there and sound: shards from the first damaged one on are left out. `undefined`: start afresh. */
    find: async (): Promise<Found | undefined> => {
      const text = await readFile(join(folder, MANIFEST), "utf8").catch(() => undefined)
      if (text === undefined) return undefined
      let manifest: Manifest
      try {
        manifest = decodeManifest(text)
      } catch {
        return undefined
      }
      const bytes = await readIfSound(manifest.validation)
      if (bytes === undefined) return undefined
      const validation = tokensOf(bytes, manifest.tokenizer.vocabulary)
      const tokenizerJson = await readFile(join(folder, TOKENIZER), "utf8").catch(() => undefined)
      let sound = 0
      while (sound < manifest.shards.length && (await readIfSound(manifest.shards[sound]!)) !== undefined) sound++
      const damaged = manifest.shards.slice(sound)
      if (damaged.length === 0) return { manifest, tokenizerJson, validation, damaged }
      return {
        manifest: { ...manifest, shards: manifest.shards.slice(0, sound), complete: false },
        tokenizerJson,
        validation,
        damaged,
      }
    },

    create: () => mkdir(folder, { recursive: true }),
    writeTokenizer: (json: string) => replaceFile(join(folder, TOKENIZER), json),
    writeValidation: (tokens: Tokens) => write("validation.bin", tokens),
    writeShard: (index: number, tokens: Tokens) => write(`shard-${String(index).padStart(5, "0")}.bin`, tokens),
    writeManifest: (manifest: Manifest) => replaceFile(join(folder, MANIFEST), JSON.stringify(manifest)),
  }
}

export type CacheEntry = ReturnType<typeof cacheEntry>
