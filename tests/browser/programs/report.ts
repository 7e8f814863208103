import { fitLaw, predict, type Row } from "@ts/fit"
import { csvOf, findings, htmlReport, provenanceOf, tables, textReport } from "@ts/report"

/** A page of a law, drawn by the packages' own document and never by the browser's: the same bytes everywhere. */
export default () => {
  const rows = [16, 17].flatMap((t) =>
    [6, 7, 8].flatMap((b) =>
      [-11, -10, -9, -8, -7].map(
        (e): Row => ({
          runId: `T${t} B${b} eta${e}`,
          seed: 1,
          tokens: 2 ** t,
          batch: 2 ** b,
          eta: 2 ** e,
          width: 64,
          average: "none",
          loss: 2.5 - 0.1 * (t - 16) + 0.03 * (b - 6) + 0.02 * (e + 9.2 - 0.4 * (b - 7)) ** 2,
          status: "finished",
          provenance: { backend: "by hand" },
        }),
      ),
    ),
  )
  const law = fitLaw(rows, { noise: 0.003, conditions: { schedule: "constant_with_warmup" } })
  const predictions = [predict(law, { tokens: 2 ** 20, batch: 2 ** 7 })]
  const page = htmlReport(law, rows, { title: "Thirty <runs>", predictions })
  if (!page.includes("Thirty &lt;runs&gt;") || page.includes("<runs>")) throw new Error("the title is not escaped")
  const figures = page.match(/<svg/g)?.length ?? 0
  if (figures < 8) throw new Error(`the page has ${figures} figures, not eight`)
  const text = textReport(law, { predictions, provenance: provenanceOf(rows), color: false })
  return { page, text, csv: csvOf(law), findings: findings(law), tables: tables(law) }
}
