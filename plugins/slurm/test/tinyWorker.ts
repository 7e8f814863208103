/**
 * The least that can stand for a worker: an order is `{ id, steps, pause, exit?, checkpoint }`; it counts steps, each
 * lasting `pause` milliseconds, from where its checkpoint says, and stops between two of them.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

const { id, steps, pause, exit = 0, checkpoint } = JSON.parse(readFileSync(0, "utf8"))
let seq = 0
const say = (message: object) => process.stdout.write(`${JSON.stringify({ seq: ++seq, ...message })}\n`)
let stopped = false
process.on("SIGTERM", () => {
  stopped = true
})
say({ _tag: "Hello", environment: process.env })
let step = existsSync(checkpoint) ? Number(readFileSync(checkpoint, "utf8")) : 0
while (step < steps && !stopped) {
  await sleep(pause)
  step++
  writeFileSync(`${checkpoint}.${process.pid}`, String(step))
  renameSync(`${checkpoint}.${process.pid}`, checkpoint)
  say({ _tag: "Event", id, step })
}
if (exit !== 0) process.exitCode = exit
else {
  say({ _tag: "End", how: step < steps ? "stopped" : "done" })
  process.exitCode = step < steps ? 75 : 0
}
