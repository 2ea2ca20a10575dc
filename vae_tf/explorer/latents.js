// A slider per latent, the most used first, with the prior, the codes and the posterior behind it.

const TRACK = { width: 200, height: 34 };

/** Path of a curve over the track, y from 0 to 1. */
function curve(points) {
  const corner = ([x, y]) => `${(x * TRACK.width).toFixed(1)},${((1 - y) * TRACK.height).toFixed(1)}`;
  return "M" + points.map(corner).join("L");
}

/** The densities behind a slider: the codes of images filled, N(0, 1) as a line. */
function densities(latent, isNormal) {
  const { low, high, histogram } = latent;
  const bins = histogram.length;
  const normal = (z) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  const prior = [];
  for (let i = 0; i <= 60; i++) prior.push([i / 60, normal(low + ((high - low) * i) / 60)]);
  const top = Math.max(...histogram, isNormal ? normal(0) : 0) * 1.08;
  const steps = histogram.flatMap((y, i) => [[i / bins, y / top], [(i + 1) / bins, y / top]]);
  const parts = [draw("path", { class: "codes", d: `${curve([[0, 0], ...steps, [1, 0]])}Z` })];
  if (isNormal) {
    parts.push(draw("path", { class: "prior", d: curve(prior.map(([x, y]) => [x, y / top])) }));
  }
  return parts;
}

class Slider {
  constructor(session, latent) {
    const { run } = session.model;
    const { index, low, high, name } = latent;
    this.session = session;
    this.latent = latent;
    const id = `latent-${index}`;
    this.band = draw("rect", { class: "posterior", y: 0, height: TRACK.height, visibility: "hidden" });
    const picture = draw(
      "svg",
      {
        viewBox: `0 0 ${TRACK.width} ${TRACK.height}`, preserveAspectRatio: "none",
        "aria-hidden": "true",
      },
      ...densities(latent, run.prior.kind === "normal"), this.band,
    );
    const step = (high - low) / 200;
    this.input = make("input", { id, type: "range", min: low, max: high, step });
    this.input.addEventListener("input", () => this.moved());
    this.output = make("output", { for: id });
    const unit = run.unit === "nats" ? " nats" : "";
    const use = `${latent.use < 10 ? latent.use.toFixed(2) : latent.use.toFixed(1)}${unit}`;
    const label = make("label", { for: id }, make("b", {}, `z${index}`));
    if (name) label.append(" ", make("span", { class: "name" }, name));
    this.element = make(
      "div", { class: "latent" },
      make("div", { class: "about" }, label, make("span", { class: "faint", title: run.measure }, use)),
      make("div", { class: "track" }, picture, this.input), this.output,
    );
  }

  moved() {
    const { index } = this.latent;
    const { model, view } = this.session;
    const code = view.code.slice();
    code[index] = Number(this.input.value);
    const follow = byId("follow").checked;
    this.session.setCode(follow ? model.following(code, index) : code, this.input.id);
  }

  show(view) {
    const { index, low, high, name } = this.latent;
    const value = view.code[index];
    if (document.activeElement !== this.input || this.session.gesture !== this.input.id) {
      this.input.value = value;
    }
    this.output.textContent = written(value);
    this.input.setAttribute("aria-valuetext", `${name ? `${name}, ` : ""}${written(value)}`);
    this.band.setAttribute("visibility", view.posterior ? "visible" : "hidden");
    if (!view.posterior) return;
    const scale = TRACK.width / (high - low);
    const width = Math.max(2 * Math.exp(view.posterior.logStddev[index]) * scale, 1.5);
    this.band.setAttribute("x", (view.posterior.mean[index] - low) * scale - width / 2);
    this.band.setAttribute("width", width);
  }
}

function buildLatents(session) {
  let sliders = [];
  session.onModel(() => {
    const { run } = session.model;
    sliders = run.latents.map((latent) => new Slider(session, latent));
    const inTwo = (used) =>
      sliders.filter(({ latent }) => latent.active === used).map(({ element }) => element);
    byId("used").replaceChildren(...inTwo(true));
    const unused = inTwo(false);
    byId("unused").replaceChildren(...unused);
    byId("unused-box").hidden = !unused.length;
    byId("unused-box").open = unused.length === sliders.length;
    byId("unused-title").textContent =
      `${unused.length} inactive latent${unused.length > 1 ? "s" : ""}`;
    const left = run.num_movable - run.latents.length;
    byId("left-out").textContent = left
      ? `The ${run.latents.length} most used of ${run.num_movable} latents have a slider. The other ` +
        `latents keep the values of the image, the sample or the place on the map.`
      : "";
    buildLabels(session);
    for (const slider of sliders) slider.show(session.view);
  });
  session.watch(() => {
    sliders.forEach((slider) => slider.show(session.view));
    showLabel(session);
  });
}

/** The choice of a label that the model is given, or of the class at the beginning of its codes. */
function buildLabels(session) {
  const { run } = session.model;
  const count = run.num_classes || run.class_latents;
  byId("follow-box").hidden = !run.follow.length;
  byId("label-box").hidden = !count;
  if (!count) return;
  byId("label-title").textContent =
    run.class_latents ? "Class, the first part of the code" : "Label given to the model";
  const names = run.label_names ?? Array.from({ length: count }, (_, k) => String(k));
  const choice = byId("label");
  choice.replaceChildren(...names.map((name, k) => make("option", { value: k }, name)));
  showLabel(session);
  choice.onchange = () => {
    const { model, view } = session;
    const label = Number(choice.value);
    if (run.class_latents) session.setCode(model.withClass(view.code, label));
    else session.setLabel(label);
  };
}

function showLabel(session) {
  const { model, view } = session;
  if (byId("label-box").hidden) return;
  byId("label").value = model.run.class_latents ? model.classOf(view.code) : view.label;
}
