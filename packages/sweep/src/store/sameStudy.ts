/** Whether a store is that of a study. The name tells: a study may be changed and extended, and keeps its name. */
import { Effect } from "effect"
import { StoreError } from "../errors.ts"

/** Fails with `OtherStudy` where the store holds results of a study of another name. */
export const sameStudy = (path: string, held: string | undefined, name: string): Effect.Effect<void, StoreError> =>
  held === undefined || held === name
    ? Effect.void
    : Effect.fail(
        new StoreError({
          reason: "OtherStudy",
          path,
          message: `${path} holds the results of the study "${held}", and this one is "${name}"; use another folder, or give it that name to extend it`,
        }),
      )
