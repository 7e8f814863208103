/** What to train on, as it was asked for last: a study goes on where it was trained before. */
import type { Wish } from "../engine/backends.ts"

const KEY = "time-transfer: train on"

export const rememberWish = (wish: Wish): void => {
  try {
    localStorage.setItem(KEY, wish)
  } catch {
    // It is asked for again, then.
  }
}

export const rememberedWish = (): Wish | undefined => {
  try {
    const wish = localStorage.getItem(KEY)
    return wish === "processor" || wish === "accelerator" ? wish : undefined
  } catch {
    return undefined
  }
}
