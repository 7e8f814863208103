import { Effect, type Scope } from "effect"
import type { Host } from "./host.ts"
import { localHost } from "./localHost.ts"
import type { Site } from "./options.ts"
import { sshHost } from "./sshHost.ts"
import { steady } from "./steady.ts"

/** The host that a site names: its login node, or this machine. */
export const openHost = ({ host, timeoutSeconds }: Site): Effect.Effect<Host, never, Scope.Scope> =>
  host === undefined
    ? Effect.sync(() => localHost({ timeoutSeconds }))
    : Effect.map(sshHost({ ...host, timeoutSeconds }), steady)
