/** The page's script: every module one after the other, and the observations back to whoever opened it. */
import { type Observation, observe } from "./observe.ts"

const paths = (await (await fetch("/paths.js")).json()) as ReadonlyArray<string>
const observations: Record<string, Observation> = {}
for (const path of paths) observations[path] = await observe(() => import(path))
await fetch("/result", { method: "POST", body: JSON.stringify({ agent: navigator.userAgent, observations }) })
