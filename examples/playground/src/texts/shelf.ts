/** Texts that this browser keeps, in the origin's private file system, by their content. */
import { sha256Of } from "./readText.ts"
import type { TextRef } from "./TextRef.ts"

const folder = async (): Promise<FileSystemDirectoryHandle> =>
  (await navigator.storage.getDirectory()).getDirectoryHandle("time-transfer-texts", { create: true })

/** In a worker, where all browsers can write. Where nothing can be kept, the study finds out for itself and says so. */
export const keepText = async ({ sha256, bytes }: TextRef, content: Blob): Promise<void> => {
  try {
    const file = await (await folder()).getFileHandle(sha256, { create: true })
    if ((await file.getFile()).size === bytes) return
    const handle = await file.createSyncAccessHandle()
    try {
      handle.truncate(0)
      handle.write(new Uint8Array(await content.arrayBuffer()))
      handle.flush()
    } finally {
      handle.close()
    }
  } catch {
    // As long as the page is open it has the text, and another time it asks for it.
  }
}

/** `undefined` where it is not here, or no longer what it was. */
export const findText = async ({ sha256 }: TextRef): Promise<Blob | undefined> => {
  try {
    const content = await (await (await folder()).getFileHandle(sha256)).getFile()
    return (await sha256Of(content)) === sha256 ? content : undefined
  } catch {
    return undefined
  }
}

export const dropText = async ({ sha256 }: TextRef): Promise<void> => {
  await (await folder()).removeEntry(sha256).catch(() => {})
}
