// A line of the last minutes, drawn from what this page has seen.

import { svg } from "./dom.js";

const KEPT = 120;
const WIDTH = 120;
const HEIGHT = 24;

export class Sparkline {
  constructor() {
    this.values = [];
    this.area = svg("path", { class: "area" });
    this.line = svg("path", { class: "line" });
    this.node = svg(
      "svg",
      { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      this.area, this.line,
    );
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > KEPT) this.values.shift();
    const most = Math.max(...this.values, 1e-9);
    const step = WIDTH / (KEPT - 1);
    const first = KEPT - this.values.length;
    const points = this.values.map((each, index) => {
      const x = (first + index) * step;
      const y = HEIGHT - 1 - (each / most) * (HEIGHT - 3);
      return `${x.toFixed(1)} ${y.toFixed(1)}`;
    });
    this.line.setAttribute("d", `M${points.join("L")}`);
    const start = (first * step).toFixed(1);
    this.area.setAttribute("d", `M${start} ${HEIGHT}L${points.join("L")}L${WIDTH} ${HEIGHT}Z`);
  }
}
