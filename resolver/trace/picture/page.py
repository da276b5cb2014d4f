"""The picture as one HTML page that asks nobody for anything: the SVG, the trace as text and JSON, and a time slider."""

from __future__ import annotations

import json as jsons

from resolver.data.moment import time_text
from resolver.trace import document, explanation, terminal
from resolver.trace.picture.drawing import scale_of, svg
from resolver.trace.picture.marks import shown
from resolver.trace.picture.scene import build
from resolver.validator.outcome import Outcome

STEPS = 1000  # positions of the slider


def html(outcome: Outcome[object]) -> str:
    """See `resolver.trace.html`."""
    scene = build(outcome)
    scale = scale_of(scene, outcome.judged_at)
    title = shown(terminal.headline(outcome, color=False, ascii_only=False))
    times = {
        "since": int(scale.since),
        "until": int(scale.until),
        "now": int(outcome.judged_at),
        "verdict": outcome.status,
        "windows": [[window.what, window.since, window.until] for window in scene.windows],
    }
    plain = shown(terminal.render(outcome, color=False, ascii_only=False, width=100, verbose=0))
    fix = explanation.fix(outcome)
    mend = f'<p class="fix"><b>fix:</b> {shown(fix)}</p>\n' if fix is not None else ""
    value = round(STEPS * (outcome.judged_at - scale.since) / (scale.until - scale.since))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1 class="{outcome.status}">{title}</h1>
{mend}<div class="scroll" tabindex="0" role="region" aria-label="The chain of trust, one column a zone">
{svg(outcome, embedded=True)}</div>
<section class="time" aria-label="The verdict over time">
<label for="t">Time: <output id="when" for="t">{time_text(outcome.judged_at)}</output></label>
<input id="t" type="range" min="0" max="{STEPS}" value="{value}" aria-describedby="then">
<p id="then" role="status">{outcome.status} at the time of judgement</p>
</section>
<p class="hint">Tab goes from box to box, and the box that has the focus is described here: <span id="told" role="status"></span></p>
<details><summary>As text</summary><pre>{plain}</pre></details>
<details><summary>As JSON</summary><pre id="shown"></pre></details>
</main>
<script type="application/json" id="trace">{_script(document.render(outcome))}</script>
<script type="application/json" id="times">{_script(times)}</script>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _script(value: object) -> str:
    """JSON as it may stand in a script element: what could end the element, or be read as a comment, is escaped."""
    text = jsons.dumps(value, ensure_ascii=True, sort_keys=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--rule:#d5dae0;--good:#116329;--bad:#b3261e;--open:#7a4b00}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--paper:#14181d;--rule:#36404b;--good:#6fdd8b;--bad:#ff8a80;--open:#f3b95f}}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.45 system-ui,sans-serif}
main{max-width:1800px;margin:0 auto;padding:8px}
h1{font-size:1.15em;margin:8px 4px;color:var(--bad);overflow-wrap:anywhere}
h1.secure,h1.absent{color:var(--good)}h1.insecure{color:var(--open)}
.fix{margin:4px;overflow-wrap:anywhere}
.scroll{overflow-x:auto;border:1px solid var(--rule);border-radius:6px}
.scroll svg{display:block;max-width:100%;height:auto}
.time{margin:12px 4px}
.time input{width:100%;margin:6px 0}
.time output{font-variant-numeric:tabular-nums;font-weight:600}
#then{margin:0;font-weight:600;min-height:1.5em}
.hint{margin:4px;min-height:3em}
#told{white-space:pre-wrap;font-weight:600}
pre{overflow-x:auto;font-size:12px;border:1px solid var(--rule);border-radius:6px;padding:8px}
summary{cursor:pointer;padding:4px}
:focus-visible{outline:2px solid currentColor;outline-offset:2px}
""".strip()

_SCRIPT = """
"use strict";
const times = JSON.parse(document.getElementById("times").textContent);
const slider = document.getElementById("t"), when = document.getElementById("when"), then = document.getElementById("then");
const told = document.getElementById("told"), start = Number(slider.value);
const text = seconds => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
function verdict(at) {
  const over = times.windows.filter(each => at > each[2]), early = times.windows.filter(each => at < each[1]);
  if (over.length) return "bogus then: the signature of " + over[0][0] + " ended " + text(over[0][2]);
  if (early.length) return "bogus then: the signature of " + early[0][0] + " begins " + text(early[0][1]);
  if (times.verdict === "bogus" || times.verdict === "indeterminate")
    return times.verdict + " at the time of judgement; the signatures that verified all hold at this time";
  return times.verdict + " then, if nothing is signed anew";
}
function move() {
  const now = Number(slider.value) === start, share = Number(slider.value) / slider.max;
  const at = now ? times.now : Math.round(times.since + share * (times.until - times.since));
  when.textContent = text(at);
  then.textContent = now ? times.verdict + " at the time of judgement" : verdict(at);
  for (const cursor of document.querySelectorAll(".now")) {
    const x = Number(cursor.dataset.x) + Number(cursor.dataset.w) * (at - times.since) / (times.until - times.since);
    cursor.setAttribute("x1", x.toFixed(1));
    cursor.setAttribute("x2", x.toFixed(1));
  }
}
slider.addEventListener("input", move);
document.addEventListener("focusin", event => {
  const label = event.target.closest && event.target.closest("svg [aria-label]");
  told.textContent = label ? label.getAttribute("aria-label") : "";
});
document.getElementById("shown").textContent =
  JSON.stringify(JSON.parse(document.getElementById("trace").textContent), null, 2);
""".strip()
