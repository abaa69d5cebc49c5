/** The look of every page that the harness writes: light, dark, phone and paper. Words and signs carry the meaning; colour only repeats it. */
export const theme = `
:root {
  color-scheme: light dark;
  --ink: #16202c; --muted: #566372; --line: #d8dee6; --ground: #f3f5f8; --card: #ffffff; --code: #f3f5f8; --link: #0b57b7;
  --met: #14713a; --met-soft: #e4f4ea; --unmet: #b3161b; --unmet-soft: #fdeaea; --unknown: #8a5a00; --unknown-soft: #fdf3dc;
  --fault: #b3161b; --firing: #d9480f; --notice: #0b57b7; --step: #6741a5; --ok: #14713a; --grid: #e6eaef;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) { :root {
  --ink: #e6ebf1; --muted: #a3afbd; --line: #323c48; --ground: #11161c; --card: #192028; --code: #11161c; --link: #7db4ff;
  --met: #63d08d; --met-soft: #14301f; --unmet: #ff8f8f; --unmet-soft: #3a1a1c; --unknown: #f0c060; --unknown-soft: #352a12;
  --fault: #ff8f8f; --firing: #ff9d5c; --notice: #7db4ff; --step: #bda2f0; --ok: #63d08d; --grid: #27303a;
} }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 var(--sans); overflow-wrap: anywhere; }
main, header.page, footer.page { max-width: 1120px; margin: 0 auto; padding: 0 20px; }
header.page { padding-top: 22px; }
footer.page { padding-top: 8px; padding-bottom: 32px; color: var(--muted); font-size: 13px; }
h1 { font-size: 24px; line-height: 1.25; margin: 2px 0 12px; }
h2 { font-size: 20px; line-height: 1.3; margin: 36px 0 12px; }
h3 { font-size: 16px; margin: 24px 0 8px; }
h4 { font-size: 14px; margin: 14px 0 4px; }
p { margin: 6px 0; max-width: 75ch; }
a { color: var(--link); }
.eyebrow { color: var(--muted); font-size: 13px; margin: 0; max-width: none; }
.muted { color: var(--muted); }
.small { font-size: 13px; }
.missing { color: var(--unknown); font-weight: 600; font-size: 13px; letter-spacing: .02em; }
.banner { border: 1px solid var(--line); border-left: 8px solid var(--tone); background: var(--tone-soft); border-radius: 8px; padding: 12px 18px; }
.banner p { margin: 2px 0; }
.banner .verdict { font-size: 22px; font-weight: 700; color: var(--tone); line-height: 1.3; }
.met { --tone: var(--met); --tone-soft: var(--met-soft); }
.unmet { --tone: var(--unmet); --tone-soft: var(--unmet-soft); }
.unknown { --tone: var(--unknown); --tone-soft: var(--unknown-soft); }
.badge { display: inline-block; color: var(--tone); background: var(--tone-soft); border: 1px solid currentColor; border-radius: 4px;
  padding: 0 6px; font-size: 12px; line-height: 19px; font-weight: 700; white-space: nowrap; vertical-align: 1px; }
.columns { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 16px; align-items: start; margin-top: 16px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 18px; margin-top: 16px; min-width: 0; }
.columns > .card { margin-top: 0; }
.card > h2, .card > h3 { margin-top: 0; }
.card > h2 { font-size: 16px; }
ul.plain { list-style: none; margin: 0; padding: 0; }
ul.plain > li { padding: 8px 0; border-top: 1px solid var(--line); }
ul.plain > li:first-child { border-top: 0; padding-top: 0; }
ul.compact { list-style: none; margin: 0; padding: 0; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(210px, 100%), 1fr)); gap: 10px 20px; margin: 0; }
dl.facts dt { color: var(--muted); font-size: 12px; }
dl.facts dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
caption { text-align: left; color: var(--muted); font-size: 13px; padding: 0 0 6px; }
caption.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { text-align: left; vertical-align: top; padding: 6px 10px 6px 0; border-top: 1px solid var(--line); min-width: 6em; }
thead th { color: var(--muted); font-weight: 600; font-size: 12px; border-top: 0; }
tbody th { font-weight: 600; min-width: 9em; }
th .small { font-weight: 400; }
thead th, .missing, .number { white-space: nowrap; }
.inside th, .inside td { min-width: 2em; }
.inside thead th { white-space: normal; }
.missing, .badge, .whole { overflow-wrap: normal; }
pre, code { font-family: var(--mono); font-size: 12.5px; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: 8px 10px; margin: 6px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
pre .add { color: var(--met); } pre .del { color: var(--unmet); }
details { margin: 6px 0; }
summary { cursor: pointer; color: var(--link); font-size: 14px; }
details > .inside { padding: 4px 0 4px 14px; border-left: 2px solid var(--line); margin-top: 4px; }
figure { margin: 14px 0; }
figcaption { color: var(--muted); font-size: 13px; margin-top: 4px; }
figure h3, figure h4 { margin: 0 0 4px; font-size: 14px; }
.picture svg { display: block; width: 100%; height: auto; }
.picture.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; }
.legend span { white-space: nowrap; }
.swatch { display: inline-block; width: 16px; height: 9px; border: 1.5px solid var(--c); background: var(--c); margin-right: 5px; vertical-align: 0; }
.swatch.open { background: transparent; }
.swatch.diamond { width: 9px; transform: rotate(45deg); }
.swatch.thin { height: 0; vertical-align: 3px; }
nav.toc { margin-top: 16px; font-size: 14px; }
nav.toc ul { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 0; padding: 0; }
.lines td { height: 44px; vertical-align: bottom; }
.bar { display: block; height: 8px; background: var(--grid); border-radius: 4px; overflow: hidden; min-width: 80px; }
.bar > span { display: block; height: 100%; background: var(--tone, var(--link)); }
@media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 760px) {
  body { font-size: 16px; }
  main, header.page, footer.page { padding-left: 12px; padding-right: 12px; }
  .card { padding: 12px; }
  th, td { min-width: 0; }
  .picture.wide { display: none; } .picture.narrow { display: block; }
  table.stack, table.stack tbody, table.stack tr, table.stack td, table.stack th, table.stack caption { display: block; }
  table.stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.stack tr { border-top: 1px solid var(--line); padding: 8px 0; }
  table.stack td, table.stack th { border: 0; padding: 1px 0; }
  table.stack td[data-label]::before { content: attr(data-label) ": "; color: var(--muted); font-size: 13px; }
  table.stack td:empty { display: none; }
  thead th, .missing, .number { white-space: normal; }
}
@page { size: A4; margin: 14mm 13mm 16mm; }
@media print {
  :root { color-scheme: light; --ink: #111; --muted: #444; --line: #bbb; --ground: #fff; --card: #fff; --code: #f6f6f6; --link: #111;
    --met: #0f5a2e; --met-soft: #eef7f1; --unmet: #a01216; --unmet-soft: #fdf0f0; --unknown: #6d4700; --unknown-soft: #fdf7ea;
    --fault: #a01216; --firing: #c2410c; --notice: #0b4ea2; --step: #5b3a94; --ok: #0f5a2e; --grid: #ddd; }
  body { font-size: 10.5pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header.page, footer.page { max-width: none; padding-left: 0; padding-right: 0; }
  nav.toc { display: none; }
  .columns { display: block; }
  .columns > .card { margin-top: 16px; }
  h2, h3, h4, caption { break-after: avoid; }
  figure, tr:not(:has(details)), ul.plain > li:not(:has(details)), .banner { break-inside: avoid; }
  section.scenario { break-before: page; }
  .card { border-radius: 0; }
  table { font-size: 9.5pt; }
  pre, code { font-size: 8.5pt; }
  a { text-decoration: none; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
}
`
