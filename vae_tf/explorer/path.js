// A path from one code to another, with a scrubber, and the attributes along it.

const NUM_STOPS = 9;
const NUM_POINTS = 61; // of a curve along the path
const MOST_CURVES = 4;
const CURVES = { width: 600, height: 90 };
const DASHES = ["none", "7 4", "2 3", "9 3 2 3"]; // curves differ not only in color

class Path {
  constructor(session) {
    this.session = session;
    this.ends = { from: null, to: null }; // {codes: a code per model, image: the encoded image}
    this.scrubber = byId("scrubber");
    this.mark = draw("line", { class: "mark", x1: 0, x2: 0, y1: 0, y2: CURVES.height });
    byId("from").onclick = () => this.setEnd("from");
    byId("to").onclick = () => this.setEnd("to");
    byId("kind").onchange = () => this.build();
    byId("play").onclick = () => this.play();
    this.scrubber.addEventListener("input", () => {
      this.stop();
      this.go(Number(this.scrubber.value), "path");
    });
    session.onModel(() => {
      this.takeSecond();
      this.build();
    });
  }

  /** A second model uses the same two images. If an end is no image, a new end must be chosen. */
  takeSecond() {
    const { models, state } = this.session;
    const second = models[1];
    if (second === this.second) return;
    this.second = second;
    for (const end of [this.ends.from, this.ends.to]) {
      if (!end) continue;
      end.codes.length = 1;
      if (second && end.image) end.codes.push(Session.viewOf(second, { ...state, image: end.image }).code);
    }
  }

  start(images) {
    if (images.length < 2) return;
    const end = (image) => ({ codes: [this.session.model.posteriors[image.index].mean], image });
    this.ends = { from: end(images[0]), to: end(images[1]) };
    this.build();
  }

  setEnd(end) {
    const { image, views } = this.session.state;
    const encoded = views.every(({ code, posterior }) => code === posterior?.mean);
    this.ends[end] = { codes: views.map(({ code }) => code), image: encoded ? image : null };
    this.build();
    say(end === "from" ? "The path starts here." : "The path ends here.");
  }

  /** The code of a model at t; null before both ends are known for it. */
  codeOf(index, t) {
    const [from, to] = [this.ends.from?.codes[index], this.ends.to?.codes[index]];
    if (!from || !to) return null;
    const order = this.session.models[index].run.latents.map((latent) => latent.index);
    return PATHS[byId("kind").value](from, to, t, order);
  }

  go(t, gesture) {
    this.mark.setAttribute("x1", t * CURVES.width);
    this.mark.setAttribute("x2", t * CURVES.width);
    this.session.setViews((model, view, i) => {
      const code = this.codeOf(i, t);
      return code ? { code } : {};
    }, gesture);
  }

  build() {
    this.stop();
    const { active, model, view } = this.session;
    const ready = this.codeOf(active, 0) !== null;
    byId("along").hidden = !ready;
    byId("path-note").hidden = ready;
    if (!ready) return;
    const stops = Array.from({ length: NUM_STOPS }, (_, i) => i / (NUM_STOPS - 1));
    const entries = stops.map((t) => ({
      pixels: model.decode(this.codeOf(active, t), view.label),
      title: `${Math.round(100 * t)} % of the path`,
    }));
    fillStrip(byId("stops"), entries, model.shape, (index) => {
      this.scrubber.value = stops[index];
      this.go(stops[index]);
    });
    this.showAttributes();
    this.showDifferences();
  }

  /** Shows the attributes that change most along the path, by classifiers of codes. */
  showAttributes() {
    const { active, model } = this.session;
    const places = Array.from({ length: NUM_POINTS }, (_, i) => i / (NUM_POINTS - 1));
    const codes = places.map((t) => this.codeOf(active, t));
    const change = ({ values }) => Math.max(...values) - Math.min(...values);
    const curves = model.run.directions
      .filter(({ classifier }) => classifier)
      .map(({ name, classifier }) => (
        { name, classifier, values: codes.map((code) => model.probability(classifier, code)) }
      ))
      .sort((a, b) => change(b) - change(a))
      .slice(0, MOST_CURVES);
    byId("attributes").hidden = !curves.length;
    const line = (values) =>
      values.map((p, i) => `${places[i] * CURVES.width},${(1 - p) * CURVES.height}`).join(" ");
    const stroke = (i) => ({ stroke: CLASS_COLORS[i], "stroke-dasharray": DASHES[i] });
    byId("curves").replaceChildren(
      ...curves.map(({ values }, i) => draw("polyline", { points: line(values), ...stroke(i) })),
      this.mark,
    );
    const percent = (p) => `${Math.round(100 * p)} %`;
    const key = (i) => draw(
      "svg", { viewBox: "0 0 28 8", width: 28, height: 8, "aria-hidden": "true" },
      draw("line", { x1: 0, x2: 28, y1: 4, y2: 4, ...stroke(i) }),
    );
    byId("curve-names").replaceChildren(...curves.map(({ name, classifier, values }, i) => make(
      "li", {}, key(i), ` ${name}: ${percent(values[0])} to ${percent(values.at(-1))}`,
      make("span", { class: "faint" }, ` (${classifier.partial ? "if it has one; " : ""}` +
        `accuracy ${classifier.accuracy.toFixed(2)})`),
    )));
  }

  /** Shows the latents that differ most between the ends, in standard deviations of the codes. */
  showDifferences() {
    const { active, model } = this.session;
    const [from, to] = [this.ends.from.codes[active], this.ends.to.codes[active]];
    const apart = model.run.latents
      .map(({ index, name, spread }) => ({ index, name, change: (to[index] - from[index]) / spread }))
      .sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
      .slice(0, 5);
    const words = apart.map(
      ({ index, name, change }) =>
        `z${index}${name ? ` (${name})` : ""} ${change < 0 ? "\u2212" : "+"}${Math.abs(change).toFixed(1)}`,
    );
    byId("differences").textContent =
      `Largest differences, in standard deviations of the codes: ${words.join(", ")}.`;
  }

  play() {
    if (this.playing) return this.stop();
    const started = performance.now();
    const tick = (now) => {
      const seconds = (now - started) / 1000;
      const t = 0.5 - 0.5 * Math.cos((Math.PI * seconds) / 2.5);
      this.scrubber.value = t;
      this.go(t, "play");
      this.playing = requestAnimationFrame(tick);
    };
    byId("play").textContent = "Stop";
    this.playing = requestAnimationFrame(tick);
    return null;
  }

  stop() {
    if (!this.playing) return;
    cancelAnimationFrame(this.playing);
    this.playing = null;
    byId("play").textContent = "Play";
  }
}
