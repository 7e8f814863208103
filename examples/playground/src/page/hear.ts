/** What becomes of the state when the engine or the analyst says something. */
import type { AnalystReport } from "../analyst/messages.ts"
import type { EngineReport, RunMark, Trace } from "../engine/messages.ts"
import { wantsText } from "../studies/Choice.ts"
import { doneOf, type State } from "./State.ts"

const atRest = (state: State): State["phase"] => {
  if (wantsText(state.choice)) return "choosing"
  if (state.runs.size > 0 && doneOf(state) === state.runs.size) return "finished"
  return [...state.runs.values()].some(({ tokens }) => tokens > 0) ? "paused" : "ready"
}

const marked = (known: State["runs"], changed: ReadonlyArray<RunMark>): State["runs"] => {
  const runs = new Map(known)
  for (const run of changed) runs.set(run.runId, run)
  return runs
}

/** Traces go on while their runs do. */
const traced = (known: State["traces"], fresh: ReadonlyArray<Trace>, runs: State["runs"]): State["traces"] => {
  const traces = new Map(known)
  for (const point of fresh) traces.set(point.runId, [...(traces.get(point.runId) ?? []), point])
  for (const runId of traces.keys()) if (runs.get(runId)?.standing !== "running") traces.delete(runId)
  return traces
}

export const hearEngine = (state: State, report: EngineReport): State => {
  switch (report.is) {
    case "opened": {
      const { is: _, runs, ...computing } = report
      const opened = { ...state, ...computing, runs: marked(new Map(), runs) }
      return { ...opened, phase: atRest(opened) }
    }
    case "measuring":
      return { ...state, measuring: true }
    case "measured": {
      const { measuring: _, ...rest } = state
      return report.seconds === undefined ? rest : { ...rest, estimate: report.seconds }
    }
    case "rows":
      return { ...state, rows: report.rows }
    case "moved": {
      const runs = marked(state.runs, report.runs)
      const { secondsLeft } = report
      return {
        ...state,
        runs,
        traces: traced(state.traces, report.traces, runs),
        ...(secondsLeft === undefined ? {} : { secondsLeft }),
      }
    }
    case "running":
      return { ...state, phase: "running" }
    case "paused":
    case "finished": {
      const { secondsLeft: _, estimate: __, ...rest } = state
      return { ...rest, phase: atRest(state), traces: new Map() }
    }
    case "failed":
      return {
        ...state,
        phase: "failed",
        traces: new Map(),
        trouble: { kind: report.trouble, message: report.message },
      }
    case "closed":
      return state
  }
}

export const hearAnalyst = (state: State, report: AnalystReport): State => {
  switch (report.is) {
    case "law": {
      const { prediction: _, ...rest } = state
      const { law, prediction } = report
      return { ...rest, law, ...(prediction === undefined ? {} : { prediction }) }
    }
    case "prediction":
      return { ...state, prediction: report.prediction }
    case "failed":
      return { ...state, trouble: { kind: "other", message: report.message } }
    case "export":
      return state
  }
}
