"""What moves on a report's page: a slider through the saved times. Nothing is fetched."""

from __future__ import annotations

import json
import re
from typing import Any

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em;
       color: #1a1a1a; background: #fff; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; border-bottom: 1px solid #ccc; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2em 1.2em; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: .9em; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .15em .7em; border-bottom: 1px solid #e4e4e4; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
img { max-width: 100%; } pre { background: #f5f5f5; padding: 1em; overflow-x: auto; }
summary { cursor: pointer; margin: .6em 0; } input[type=range] { width: 100%; }
.panels { display: flex; flex-wrap: wrap; gap: 1em; } figure { margin: 0; flex: 1 1 18em; }
figcaption { font-size: .9em; } svg { width: 100%; height: auto; font-size: 11px; }
@media print { .slider { display: none; } body { max-width: none; } }
"""

_SCRIPT = """
(function () {
  const data = JSON.parse(document.getElementById("profiles").textContent);
  const slider = document.getElementById("day"), said = document.getElementById("said");
  const wide = 300, high = 180, left = 52, low = 30, top = 8, right = 26;
  const deepest = Math.max.apply(null, data.depths) || 1;
  const svg = "http://www.w3.org/2000/svg";
  function add(parent, kind, attributes, text) {
    const made = document.createElementNS(svg, kind);
    for (const name in attributes) made.setAttribute(name, attributes[name]);
    if (text !== undefined) made.textContent = text;
    parent.appendChild(made);
    return made;
  }
  function x(depth) { return left + (wide - left - right) * depth / deepest; }
  const panels = data.fields.map(function (field) {
    const most = Math.max.apply(null, field.values.map(row => Math.max.apply(null, row))) || 1;
    const figure = document.createElement("figure"), caption = document.createElement("figcaption");
    caption.textContent = field.name + (field.unit ? " (" + field.unit + ")" : "");
    figure.appendChild(caption);
    const box = add(figure, "svg", { viewBox: "0 0 " + wide + " " + high, role: "img" });
    const y = value => top + (high - top - low) * (1 - value / most);
    for (const share of [0, 0.5, 1]) {
      const at = y(share * most), tick = x(share * deepest);
      add(box, "line", { x1: left, x2: wide - right, y1: at, y2: at, stroke: "#ddd" });
      add(box, "text", { x: left - 4, y: at + 4, "text-anchor": "end" },
        (share * most).toPrecision(2));
      add(box, "text", { x: tick, y: high - 14, "text-anchor": "middle" },
        (share * deepest).toPrecision(3));
    }
    add(box, "text", { x: (left + wide) / 2, y: high - 1, "text-anchor": "middle" }, "depth (mm)");
    const line = add(box, "polyline", { fill: "none", stroke: "#0072b2", "stroke-width": 2 });
    document.getElementById("panels").appendChild(figure);
    return function (place) {
      line.setAttribute("points", field.values[place].map(
        (value, i) => value === null ? "" :
          x(data.depths[i]).toFixed(1) + "," + y(value).toFixed(1)).join(" "));
    };
  });
  function show() {
    const place = Number(slider.value);
    said.textContent = "day " + data.times[place];
    panels.forEach(draw => draw(place));
  }
  slider.max = data.times.length - 1;
  slider.value = slider.max;
  slider.addEventListener("input", show);
  show();
  // What is folded is printed too.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(each => { each.open = true; });
  });
})();
"""


def slider(profiles: dict[str, Any], mark: str = "") -> str:
    """Return the slider, its panels, and the numbers that it shows.

    A `mark` of letters and digits tells it from others on the page.
    """
    # No text can close the element that it stands in.
    data = json.dumps(profiles, allow_nan=False).replace("<", "\\u003c")
    return (
        f'<p class="slider"><label>time: <span id="said{mark}"></span>'
        f'<input type="range" id="day{mark}" min="0" step="1"></label></p>'
        f'<div class="panels" id="panels{mark}">'
        f'</div><script type="application/json" id="profiles{mark}">{data}</script>'
        f"<script>{_marked(mark)}</script>"
    )


def _marked(mark: str) -> str:
    return re.sub(r'getElementById\("(\w+)"\)', rf'getElementById("\g<1>{mark}")', _SCRIPT)
