/** The analyst's worker: fits what came last, answers, and writes files, while the engine trains on. */
import { fitLaw, type Law, type Row } from "@ts/fit"
import { exported } from "./exports.ts"
import type { AnalystOrder, AnalystReport } from "./messages.ts"
import { predictionOf } from "./prediction.ts"
import { viewOf } from "./view.ts"

const say = (report: AnalystReport) => postMessage(report)

interface Question {
  readonly tokens: number
  readonly batch?: number
}

let rows: ReadonlyArray<Row> = []
let law: Law | undefined
/** The last one, asked again of every law that follows. */
let question: Question | undefined
/** Orders that came while another was at work: of rows and questions only the last matters, but no export is lost. */
let fresh: ReadonlyArray<Row> | undefined
let unanswered = false
const wishes: Array<Extract<AnalystOrder, { readonly do: "export" }>> = []
let awake = false

const answer = () =>
  question === undefined || law?.joint === undefined ? undefined : predictionOf(law, question.tokens, question.batch)

const work = async () => {
  if (fresh !== undefined) {
    rows = fresh
    fresh = undefined
    unanswered = false
    law = rows.length === 0 ? undefined : fitLaw(rows)
    const prediction = answer()
    if (law !== undefined) say({ is: "law", law: viewOf(law), ...(prediction === undefined ? {} : { prediction }) })
  } else if (unanswered) {
    unanswered = false
    const prediction = answer()
    if (prediction !== undefined) say({ is: "prediction", prediction })
  } else {
    const { wanted, name, title } = wishes.shift()!
    const asked = question === undefined ? [] : [question.tokens]
    if (law !== undefined) say({ is: "export", file: await exported(wanted, name, title, rows, law, asked) })
  }
}

/** One thing at a time, and messages in between. */
const wake = async () => {
  if (awake) return
  awake = true
  while (fresh !== undefined || unanswered || wishes.length > 0) {
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
  else if (order.do === "predict") {
    question = order
    unanswered = true
  } else wishes.push(order)
  void wake()
})
