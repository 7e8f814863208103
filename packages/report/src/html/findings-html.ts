import type { Finding } from "../findings/finding.ts"
import { rich } from "./escape.ts"
import { tableHtml } from "./table-html.ts"

const stateHtml = ({ state }: Finding): string =>
  state === "noted" ? "" : `<span class="state ${state === "found" ? "yes" : "no"}">${state}</span>`

const bodyHtml = ({ id, text, notes, table }: Finding): string =>
  [
    `<p>${rich(text)}</p>`,
    ...notes.map((note) => `<p class="note">${rich(note)}</p>`),
    ...(table === undefined ? [] : [tableHtml(table, `finding-${id}`)]),
  ].join("")

/** Findings as a list: what is known on the left, its words, notes and table on the right. */
export const findingsHtml = (all: ReadonlyArray<Finding>): string =>
  `<dl class="findings">${all.map((f) => `<dt>${rich(f.title)}${stateHtml(f)}</dt><dd>${bodyHtml(f)}</dd>`).join("")}</dl>`
