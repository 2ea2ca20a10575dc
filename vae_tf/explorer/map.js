// A map of the codes: their two directions of greatest variance. A click decodes.

// Colors for light and dark pages. The colors of pictures (plots/page.py) need a white page.
const CLASS_COLORS = [
  "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#999999",
  "#7b4fa3", "#b8a800",
];
const ORDERED = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]]; // viridis

/** Color at the place `t` of a range, from 0 to 1. */
function orderedColor(t) {
  const at = Math.max(0, Math.min(0.9999, t)) * (ORDERED.length - 1);
  const [from, to] = [ORDERED[Math.floor(at)], ORDERED[Math.floor(at) + 1]];
  return `rgb(${from.map((value, i) => Math.round(value + (at % 1) * (to[i] - value))).join()})`;
}

class CodeMap {
  constructor(session) {
    this.session = session;
    this.canvas = byId("map");
    this.coloring = byId("coloring");
    this.coloring.onchange = () => this.show();
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.go(this.placeOf(event), "map");
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) this.go(this.placeOf(event), "map");
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    session.onModel(() => this.build());
    session.watch(() => this.show());
    new ResizeObserver(() => this.show()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.show());
  }

  build() {
    const { model } = this.session;
    const { map } = model.run;
    this.places = model.codes.map((code) => model.placeOf(code));
    const range = (values) => {
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const margin = 0.06 * (high - low) || 1;
      return [low - margin, high + margin];
    };
    this.x = range(this.places.map(({ x }) => x));
    this.y = range(this.places.map(({ y }) => y));
    const none = make("option", { value: "" }, "nothing");
    const options = map.colorings.map(({ name }, i) => make("option", { value: i }, name));
    this.coloring.replaceChildren(none, ...options);
    this.coloring.value = map.colorings.length ? "0" : "";
    byId("coloring-box").hidden = !map.colorings.length;
    const share = map.explained.map((part) => `${Math.round(100 * part)} %`).join(" and ");
    byId("map-note").textContent =
      `The codes of ${this.places.length.toLocaleString("en")} validation images along their two ` +
      `directions of greatest variance (${share} of the variance). A click moves the code along ` +
      `these two directions. The code does not change in other directions.`;
    this.show();
  }

  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    const up = 1 - (event.clientY - box.top) / box.height;
    return {
      x: this.x[0] + across * (this.x[1] - this.x[0]), y: this.y[0] + up * (this.y[1] - this.y[0]),
    };
  }

  go(place, gesture) {
    const { model, view } = this.session;
    this.session.setCode(model.codeAt(place, view.code), gesture);
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const { x, y } = this.session.model.placeOf(this.session.view.code);
    const place = {
      x: x + (move[0] * (this.x[1] - this.x[0])) / 50, y: y + (move[1] * (this.y[1] - this.y[0])) / 50,
    };
    this.go(place, "map");
    say(`Map: ${written(place.x, 1)} to the right, ${written(place.y, 1)} upwards.`);
  }

  /** Colors of the points, and the legend: [[name, color]]. */
  colors() {
    const chosen = this.session.model.run.map.colorings[this.coloring.value];
    const style = getComputedStyle(document.documentElement);
    if (this.coloring.value === "" || !chosen) {
      return { colors: this.places.map(() => style.getPropertyValue("--link")), legend: [] };
    }
    const { values, names } = chosen;
    if (names) {
      const color = (value) => CLASS_COLORS[value % CLASS_COLORS.length];
      const present = [...new Set(values)].sort((a, b) => a - b);
      const legend = present.length <= 12 ? present.map((value) => [names[value], color(value)]) : [];
      return { colors: values.map(color), legend };
    }
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const color = (value) => orderedColor((value - low) / (high - low || 1));
    return { colors: values.map(color), legend: [[low, color(low)], [high, color(high)]] };
  }

  show() {
    const { canvas } = this;
    const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    const { colors, legend } = this.colors();
    const at = ({ x, y }) => [
      ((x - this.x[0]) / (this.x[1] - this.x[0])) * side,
      (1 - (y - this.y[0]) / (this.y[1] - this.y[0])) * side,
    ];
    context.clearRect(0, 0, side, side);
    context.globalAlpha = 0.8;
    this.places.forEach((place, i) => {
      context.fillStyle = colors[i];
      context.beginPath();
      context.arc(...at(place), 2.6 * devicePixelRatio, 0, 2 * Math.PI);
      context.fill();
    });
    context.globalAlpha = 1;
    const style = getComputedStyle(document.documentElement);
    const here = at(this.session.model.placeOf(this.session.view.code));
    const margin = 7 * devicePixelRatio;
    const inside = here.map((value) => Math.max(margin, Math.min(side - margin, value)));
    for (const [name, width] of [["--page", 6], ["--ink", 2.5]]) {
      context.strokeStyle = style.getPropertyValue(name);
      context.lineWidth = width * devicePixelRatio;
      context.beginPath();
      context.arc(...inside, 7 * devicePixelRatio, 0, 2 * Math.PI);
      context.stroke();
    }
    const entry = ([name, color]) => {
      const dot = make("span", { class: "dot", "aria-hidden": "true" });
      dot.style.background = color;
      return make("li", {}, dot, String(name));
    };
    byId("legend").replaceChildren(...legend.map(entry));
  }
}
