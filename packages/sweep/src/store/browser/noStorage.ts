import { StoreError } from "../../errors.ts"

/** Why a page cannot keep a study, with the way out. */
export const noStorage = (path: string, cause: unknown): StoreError => {
  const why = !globalThis.isSecureContext
    ? "a page has storage only when it came over HTTPS or from this machine; open it so"
    : !("createSyncAccessHandle" in (globalThis.FileSystemFileHandle?.prototype ?? {}))
      ? "a store on a page is opened in a dedicated worker of a browser with the origin private file system; use a worker, or update the browser"
      : "the browser keeps nothing for this page: leave the private window, allow the site to store data, or free space on the device"
  return new StoreError({ reason: "Io", path, message: `cannot keep ${path}: ${why}`, cause })
}
