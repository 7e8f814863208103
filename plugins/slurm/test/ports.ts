/** Ports for servers of tests. */
import { createServer } from "node:net"

/** Below the range that outgoing connections take theirs from. */
export const freePort = async (taken: ReadonlySet<number> = new Set()): Promise<number> => {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (taken.has(port)) continue
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false))
      server.listen(port, "127.0.0.1", () => resolve(true))
    })
    await new Promise((resolve) => server.close(resolve))
    if (free) return port
  }
}

export const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  const taken = new Set<number>()
  while (taken.size < count) taken.add(await freePort(taken))
  return [...taken]
}
