import type { Flag } from "effect/cli"

/** What a command's handler receives for a group of flags. */
export type FlagValues<Flags> = { readonly [K in keyof Flags]: Flags[K] extends Flag.Flag<infer A> ? A : never }
