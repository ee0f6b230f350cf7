/** How the report looks, on a light screen and on a dark one, and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf8; --card: #ffffff; --ink: #1d1b19; --soft: #6f6a64; --line: #e7e3dd;
  --own: #d9480f; --own-soft: #d9480f33; --reference: #5c7080; --reference-soft: #5c708030; --goal: #2b8a3e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #161412; --card: #1f1c19; --ink: #f1ede8; --soft: #a39c94; --line: #36312c;
    --own: #ff8a4c; --own-soft: #ff8a4c38; --reference: #93a9ba; --reference-soft: #93a9ba30; --goal: #69db7c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 48px 28px 72px; }
h1 { font-size: 34px; letter-spacing: -0.02em; margin: 0; line-height: 1.15; }
h2 { font-size: 20px; letter-spacing: -0.01em; margin: 52px 0 4px; }
p { margin: 6px 0; max-width: 76ch; }
.soft, .note-text { color: var(--soft); }
.warning { border-left: 3px solid var(--own); padding-left: 12px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(225px, 1fr)); gap: 14px; margin-top: 28px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
.card h3 { margin: 0; font-size: 13px; font-weight: 600; }
.card .figure { font-size: 28px; font-weight: 650; letter-spacing: -0.02em; color: var(--own); margin: 2px 0 0; white-space: nowrap; }
.card p { font-size: 13px; color: var(--soft); margin: 2px 0 0; }
.card .reached { color: var(--goal); font-weight: 600; }
.card .missed { color: var(--own); font-weight: 600; }
.frame { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px 10px; margin-top: 12px; overflow-x: auto; }
.chart { width: 100%; min-width: 720px; height: auto; display: block; font: 12px system-ui, "Segoe UI", sans-serif; }
.chart text { fill: var(--ink); }
.chart .name { font-size: 13px; font-weight: 600; }
.chart .note, .chart .axis { fill: var(--soft); font-size: 11px; }
.chart .value { font-size: 14px; font-weight: 650; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .base { stroke: var(--line); stroke-width: 1; }
.chart .hit { fill: transparent; }
.chart g:hover .hit { fill: var(--line); fill-opacity: 0.35; }
.own .ridge { fill: var(--own-soft); stroke: var(--own); }
.own .median, .own .tail, .own .range { stroke: var(--own); }
.own .bar { fill: var(--own); fill-opacity: 0.55; }
.own .value { fill: var(--own); }
.reference .ridge { fill: var(--reference-soft); stroke: var(--reference); }
.reference .median, .reference .tail, .reference .range { stroke: var(--reference); }
.reference .bar { fill: var(--reference); fill-opacity: 0.45; }
.ridge { stroke-width: 1.2; stroke-linejoin: round; }
.median { stroke-width: 2.5; }
.tail { stroke-width: 1.5; }
.range { stroke-width: 2; }
.goal { stroke: var(--goal); stroke-width: 1.2; stroke-dasharray: 3 3; }
.goal.strong { stroke-width: 2; stroke-dasharray: none; }
.goal-mark { fill: var(--goal); }
.key-item { white-space: nowrap; }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin: 0 5px -1px 0; }
.key.own { background: var(--own); } .key.reference { background: var(--reference); } .key.goal { background: var(--goal); }
table { border-collapse: collapse; width: 100%; font-size: 12.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:nth-child(-n + 2), td:nth-child(-n + 2) { text-align: left; }
th { color: var(--soft); font-weight: 600; }
tr.section td { font-weight: 650; padding-top: 16px; border-bottom-color: var(--soft); }
tr.own td:first-child { color: var(--own); font-weight: 600; }
td.reached { color: var(--goal); } td.missed { color: var(--own); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; font-size: 14px; }
dt { color: var(--soft); } dd { margin: 0; }
@media print { body { background: #fff; } .card, .frame { break-inside: avoid; } }
`;
