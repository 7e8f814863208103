import { readFileSync } from "node:fs"
import { parse } from "csv-parse/sync"
import { describe, expect, it } from "vitest"
import { parseOptunaJournal } from "./optuna.ts"

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8")

describe("a journal that Optuna 3.1 wrote", () => {
  const table = parseOptunaJournal(fixture("optuna-journal.log"), "optuna-journal.log")
  const trials: ReadonlyArray<Record<string, string>> = parse(fixture("optuna-trials.csv"), { columns: true })
  const cell = (name: string, row: number) => table.columns.get(name)?.at(row)
  const rowsOf = (number: number) =>
    Array.from({ length: table.rows }, (_, row) => row).filter((row) => cell("number", row) === number)

  it("holds the trials that Optuna reads back from it, with their parameters, attributes, values and reports", () => {
    expect(new Set(Array.from({ length: table.rows }, (_, row) => cell("number", row))).size).toBe(trials.length)
    for (const trial of trials) {
      const rows = rowsOf(Number(trial["number"]))
      const last = rows.at(-1) ?? -1
      const number = (name: string) => (trial[name] === "" ? undefined : Number(trial[name]))
      for (const name of ["params_lr", "params_batch_tokens", "params_warmup_steps", "user_attrs_tokens"])
        expect(cell(name, last), name).toBe(number(name))
      expect(cell("params_width", last) ?? "").toBe(trial["params_width"])
      for (const row of rows.slice(0, -1)) {
        const reported = cell("intermediate_value", row)
        const expected = number(`intermediate_values_${cell("step", row)}`)
        if (reported === "NaN") expect(expected).toBeUndefined()
        else expect(reported).toBe(expected)
      }
    }
  })

  it("tells trials whose loss was not a number from others that failed", () => {
    const ends = trials.map((trial) => {
      const last = rowsOf(Number(trial["number"])).at(-1) ?? -1
      return [trial["state"], cell("state", last), cell("value", last)]
    })
    const usual = ends.filter(([state]) => state === "COMPLETE" || state === "PRUNED")
    for (const [theirs, ours] of usual) expect(ours).toBe(theirs)
    expect(ends.filter(([state]) => state === "FAIL")).toEqual([
      ["FAIL", "FAIL", undefined],
      ["FAIL", "DIVERGED", NaN],
    ])
    expect(ends.filter(([state]) => state === "RUNNING")).toEqual([["RUNNING", "RUNNING", undefined]])
  })

  it("leaves the deleted study out and tells the scales that were searched", () => {
    expect(cell("study", 0)).toBe("rates")
    expect(table.notes).toEqual([
      "lr was searched from 0.0001 to 0.1 on a log scale",
      "warmup_steps was searched from 100 to 400 on a linear scale",
    ])
  })
})

describe("a journal by hand", () => {
  const journal = (...entries: ReadonlyArray<object>) =>
    entries.map((entry) => JSON.stringify({ worker_id: "w", ...entry })).join("\n")
  const lr = (low: number, log: boolean) =>
    JSON.stringify({ name: "FloatDistribution", attributes: { low, high: 1, log, step: null } })
  const study = { op_code: 0, study_name: "s", directions: [1] }
  const trial = { op_code: 4, study_id: 0, datetime_start: null }
  const done = { op_code: 6, trial_id: 0, state: 1, values: [2.5] }

  it("ignores what comes after a trial's end, a second study of one name, and a parameter of another scale", () => {
    const table = parseOptunaJournal(
      journal(
        study,
        study,
        trial,
        { op_code: 5, trial_id: 0, param_name: "lr", param_value_internal: 0.1, distribution: lr(0.01, true) },
        { op_code: 5, trial_id: 0, param_name: "lr", param_value_internal: 0.7, distribution: lr(0.01, false) },
        done,
        { op_code: 6, trial_id: 0, state: 3, values: [9] },
        { op_code: 8, trial_id: 0, user_attr: { late: 1 } },
      ),
      "j",
    )
    expect(table.columns.get("params_lr")?.at(0)).toBe(0.1)
    expect(table.columns.get("value")?.at(0)).toBe(2.5)
    expect(table.columns.has("user_attrs_late")).toBe(false)
    expect(table.columns.get("study")?.at(0)).toBe("s")
  })

  it("names trials by their study where there are several, and values by number where there are several", () => {
    const table = parseOptunaJournal(
      journal(
        study,
        { ...study, study_name: "t", directions: [1, 2] },
        { ...trial, study_id: 1 },
        { ...done, values: [1, 2] },
        trial,
      ),
      "j",
    )
    expect(table.columns.get("number")?.at(0)).toBe("t 0")
    expect(table.columns.get("values_1")?.at(0)).toBe(2)
    expect(table.notes).toContain('the study "t" maximises: its value is no loss')
  })

  it("passes over a last line cut off in writing, and no other", () => {
    const text = `${journal(study, trial, done)}\n`
    expect(parseOptunaJournal(`${text}{"op_code": 6, "tri`, "j").notes[0]).toMatch("the last line is cut off")
    expect(parseOptunaJournal(text.trimEnd(), "j").columns.get("value")?.at(0)).toBe(2.5)
    expect(() => parseOptunaJournal(`${text}{"op_code": 6, "tri\n${text}`, "j")).toThrow("j, line 4, is not JSON")
    expect(() => parseOptunaJournal(`${text}{"a": 1}\n`, "j")).toThrow(
      "j, line 4, is no operation of an Optuna journal",
    )
    expect(() => parseOptunaJournal(journal(study), "j")).toThrow("j is an Optuna journal without trials")
  })
})
