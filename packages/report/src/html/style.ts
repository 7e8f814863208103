import { rampCss } from "../figures/palette.ts"

const light = `--page:#fff;--ink:#1b1f24;--soft:#4d5763;--muted:#98a1ab;--rule:#d5dae0;--panel:#f5f7f9;--accent:#c2410c;--second:#1d5fa8;--third:#157f5b;--alarm:#b42318;--good:#0f6b4a;--open:#8a5300;${rampCss(0, 0.8)}`
const dark = `--page:#14181d;--ink:#e8ebee;--soft:#b3bcc6;--muted:#79838e;--rule:#39424c;--panel:#1d232a;--accent:#fb923c;--second:#6cb2f5;--third:#4fd1a1;--alarm:#ff7a6b;--good:#5fd3a6;--open:#f0b355;${rampCss(0.26, 1)}`

/** The whole style sheet: system fonts, light and dark, printable. */
export const style = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
@media print{:root{color-scheme:light;${light}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;line-height:1.3;margin:2.8rem 0 .6rem;padding-top:.9rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.4rem 0 .8rem}
sup{font-size:.72em;line-height:0;vertical-align:.48em}
a{color:var(--second)}
.lead{color:var(--soft);margin:0 0 1rem}
nav{font-size:.9rem;margin:1rem 0 0}nav a{margin-right:1em;display:inline-block}
.synthetic{border:2px solid var(--alarm);color:var(--alarm);border-radius:6px;padding:.7rem 1rem;margin:1.2rem 0;font-weight:600}
.findings{display:grid;grid-template-columns:11rem 1fr;gap:0;margin:0;border-bottom:1px solid var(--rule)}
.findings dt,.findings dd{margin:0;padding:.6rem 0;border-top:1px solid var(--rule)}
.findings dt{font-weight:600;padding-right:1rem}
.findings dd{min-width:0}.findings th,.findings td{padding:.28rem .5rem}
.findings dd>p{margin:0}
.state{display:block;font-weight:400;font-size:.8rem}
.yes .state,.state.yes{color:var(--good)}.state.no{color:var(--open)}
.note{color:var(--soft);font-size:.88rem;margin:.25rem 0 0!important}
.scroll{overflow-x:auto;margin:.6rem 0}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
caption{white-space:nowrap;text-align:left;color:var(--soft);padding:.2rem 0 .4rem}
th,td{text-align:right;padding:.28rem .7rem;border-bottom:1px solid var(--rule);white-space:nowrap;vertical-align:baseline}
th:first-child,th.word,td.word{text-align:left}
thead th{font-weight:600;border-bottom:1.5px solid var(--soft)}
tbody th{font-weight:500}
td.none{color:var(--open);font-style:italic}
td a{margin-left:.2em;text-decoration:none;font-style:normal;font-size:.72em;vertical-align:.48em;line-height:0}
td.long{white-space:normal;text-align:left;min-width:16rem}
figure{margin:1rem 0 0}
figcaption{color:var(--soft);font-size:.92rem;margin:.3rem 0 0;max-width:48rem}
.panels{margin-top:.3rem;display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:flex-start}
.panels svg{max-width:100%;height:auto;display:block}
.panels svg text{white-space:pre}
.empty{background:var(--panel);border-radius:6px;padding:1rem;color:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;font-size:.85rem;margin:0 0 .5rem;padding:0;list-style:none}
.legend svg{width:14px;height:12px;vertical-align:-1px;margin-right:.35em}
details{margin:.6rem 0}summary{cursor:pointer;color:var(--second);font-size:.9rem}
.footnotes{font-size:.85rem;color:var(--soft);padding-left:1.6rem}
.pairs{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.35rem 1.2rem;margin:0}
.pairs dt{color:var(--soft)}.pairs dd{margin:0;overflow-wrap:anywhere}
footer{margin-top:3rem;color:var(--soft);font-size:.85rem}
@media (max-width:40rem){.findings,.pairs{grid-template-columns:1fr}.findings dd{border-top:0;padding-top:0}}
@media print{main{max-width:none;padding:0}nav,summary{display:none}figure,table,.findings dd{break-inside:avoid}h2,h3{break-after:avoid}body{font-size:11pt}}
`.replaceAll("\n", "")
