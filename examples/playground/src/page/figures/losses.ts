/** Losses while runs train: readings of all of them, and the course of those at work. */
import type { Row } from "@ts/fit"
import { levelColor } from "@ts/report"
import type { RunMark, Trace } from "../../engine/messages.ts"
import { frame, padded } from "./frame.ts"
import { path, svg } from "./svg.ts"

export interface LossFigure {
  readonly rows: ReadonlyArray<Row>
  /** Of runs at work. */
  readonly traces: ReadonlyMap<string, ReadonlyArray<Trace>>
  readonly runs: ReadonlyMap<string, RunMark>
  readonly batches: ReadonlyArray<number>
}

/** Losses of the steps where a run tells them, else what was read of it: the two differ, and a line would jump. */
const courseOf = (trace: ReadonlyArray<Trace>): ReadonlyArray<Trace> => {
  const steps = trace.filter((point) => point.of === "training" && point.tokens > 0)
  return steps.length > 0 ? steps : trace.filter((point) => point.tokens > 0)
}

/** Losses far above the rest would press the rest together. */
const SHOWN = 0.9

export const lossFigure = ({ rows, traces, runs, batches }: LossFigure, width: number): SVGSVGElement => {
  const finite = rows.filter(({ loss }) => Number.isFinite(loss))
  const going = [...traces].map(([runId, trace]) => ({ runId, points: courseOf(trace) }))
  const sorted = [
    ...finite.map(({ loss }) => loss),
    ...going.flatMap(({ points }) => points.map(({ loss }) => loss)),
  ].sort((a, b) => a - b)
  const top = sorted[Math.floor(SHOWN * (sorted.length - 1))] ?? 1
  const [low] = padded(sorted, 0)
  const room = Math.max(1e-6, 0.06 * (top - low))
  const tokens = [...rows, ...going.flatMap(({ points }) => points)].map((point) => Math.log2(point.tokens))
  // The frame stands still while runs go on.
  const ends = [...runs.values()].map(({ until }) => Math.log2(until))
  const byRun = Map.groupBy(finite, ({ runId }) => runId)
  const place = frame(
    width,
    Math.max(260, Math.min(360, 0.44 * width)),
    { label: "tokens", domain: padded([...tokens, ...ends], 0.3), scale: "octaves" },
    { label: "loss, nats", domain: [low - room, top + 2 * room], scale: "plain" },
    `Loss against tokens: ${byRun.size} runs with readings, ${going.length} at work.`,
  )
  const { layer, px, py } = place
  const colorOf = (batch: number) => levelColor(batches.indexOf(batch), batches.length)
  for (const readings of byRun.values()) {
    const points = [...readings]
      .sort((a, b) => a.tokens - b.tokens)
      .map((r) => [px(Math.log2(r.tokens)), py(r.loss)] as const)
    const color = colorOf(readings[0]!.batch)
    layer.append(svg("path", { class: "trunk", d: path(points), stroke: color }))
    for (const [cx, cy] of points) layer.append(svg("circle", { class: "speck", cx, cy, r: 1.6, fill: color }))
  }
  for (const { runId, points: course } of going) {
    const points = course.map((p) => [px(Math.log2(p.tokens)), py(p.loss)] as const)
    layer.append(svg("path", { class: "trace", d: path(points), stroke: colorOf(runs.get(runId)?.batch ?? 0) }))
    const last = points[points.length - 1]
    if (last !== undefined) layer.append(svg("circle", { class: "head", cx: last[0], cy: last[1], r: 3 }))
  }
  return place.root
}
