/** The analyst's worker: fits what came last, answers, and writes files, while the engine trains on. */
import { fitLaw, type Law, type Row } from "@ts/fit"
import { exported } from "./exports.ts"
import type { AnalystOrder, AnalystReport } from "./messages.ts"
import { predictionOf } from "./prediction.ts"
import { viewOf } from "./view.ts"

const say = (report: AnalystReport) => postMessage(report)

let rows: ReadonlyArray<Row> = []
let law: Law | undefined
/** Orders that came while another was at work: of each kind only the last matters, but no export is lost. */
let fresh: ReadonlyArray<Row> | undefined
let question: { readonly tokens: number; readonly batch?: number } | undefined
let asked: ReadonlyArray<number> = []
const wishes: Array<Extract<AnalystOrder, { readonly do: "export" }>> = []
let awake = false

const work = async () => {
  if (fresh !== undefined) {
    rows = fresh
    fresh = undefined
    law = rows.length === 0 ? undefined : fitLaw(rows)
    if (law !== undefined) say({ is: "law", law: viewOf(law) })
  } else if (question !== undefined) {
    const { tokens, batch } = question
    question = undefined
    if (law?.joint === undefined) return
    asked = [tokens]
    say({ is: "prediction", prediction: predictionOf(law, tokens, batch) })
  } else {
    const wish = wishes.shift()!
    if (law !== undefined)
      say({ is: "export", file: await exported(wish.wanted, wish.name, wish.title, rows, law, asked) })
  }
}

/** One thing at a time, and messages in between. */
const wake = async () => {
  if (awake) return
  awake = true
  while (fresh !== undefined || question !== undefined || wishes.length > 0) {
    try {
      await work()
    } catch (cause) {
      say({ is: "failed", message: cause instanceof Error ? cause.message : String(cause) })
    }
    await new Promise((resolve) => setTimeout(resolve))
  }
  awake = false
}

addEventListener("message", ({ data: order }: MessageEvent<AnalystOrder>) => {
  if (order.do === "rows") fresh = order.rows
  else if (order.do === "predict") question = order
  else wishes.push(order)
  void wake()
})
