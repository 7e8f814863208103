/** Figures and texts, loaded only by the commands that show some: the plotting library takes a tenth of a second. */
import { Effect } from "effect"

export const reporting = Effect.promise(() => import("@ts/report"))
