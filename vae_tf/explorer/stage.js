// The decoded image, and the encoded image with its reconstruction, for each model.

const FARTHEST = 1e6; // maximum size of a number in a pasted code; decoders overflow beyond

class Stage {
  constructor(session) {
    this.session = session;
    this.reconstructed = new Map(); // posterior of the encoded image -> pixels
    session.onModel(() => this.build());
    session.watch((state) => this.show(state));
    byId("undo").onclick = () => session.undo();
    byId("redo").onclick = () => session.redo();
    byId("reset").onclick = () => session.reset();
    byId("copy").onclick = () => this.copy();
    byId("save").onclick = () => this.save();
  }

  build() {
    const { models } = this.session;
    const alone = models.length === 1;
    this.frames = models.map((model, i) => {
      const decoded = make("canvas", { role: "img", class: "large" });
      const caption = make("figcaption", {}, alone ? "decoded" : `decoded by ${model.run.run}`);
      const label = `reconstruction by ${model.run.run}`;
      const reconstruction = make("canvas", { role: "img", "aria-label": label });
      const below = make("figcaption", {}, alone ? "its reconstruction" : `by ${model.run.run}`);
      return {
        decoded, reconstruction,
        large: make("figure", { class: i === this.session.active ? "active" : "" }, decoded, caption),
        small: make("figure", {}, reconstruction, below),
      };
    });
    this.original = make("canvas", { role: "img", "aria-label": "the encoded image" });
    const image = make("figure", {}, this.original, make("figcaption", {}, "the image"));
    byId("decoded").replaceChildren(...this.frames.map(({ large }) => large));
    byId("originals").replaceChildren(image, ...this.frames.map(({ small }) => small));
    this.show(this.session.state);
  }

  show({ image, views }) {
    views.forEach((view, i) => {
      const model = this.session.models[i];
      const { decoded, reconstruction, small } = this.frames[i];
      paint(decoded, model.decode(view.code, view.label), model.shape);
      decoded.setAttribute("aria-label", this.described(model, view));
      small.hidden = !view.posterior;
      if (view.posterior) paint(reconstruction, this.reconstruct(model, view), model.shape);
    });
    byId("originals").hidden = !image;
    if (image) paint(this.original, image.pixels, this.session.models[0].shape);
    byId("undo").disabled = !this.session.past.length;
    byId("redo").disabled = !this.session.future.length;
  }

  reconstruct(model, view) {
    if (!this.reconstructed.has(view.posterior)) {
      if (this.reconstructed.size > 8) this.reconstructed.clear();
      this.reconstructed.set(view.posterior, model.decode(view.posterior.mean, view.label));
    }
    return this.reconstructed.get(view.posterior);
  }

  described({ run }, { code }) {
    const told = run.latents.slice(0, 3).map(({ index }) => `z${index} ${written(code[index], 1)}`);
    return `image decoded by ${run.run} at ${told.join(", ")}${run.latent_size > 3 ? " and so on" : ""}`;
  }

  copy() {
    const { model, view } = this.session;
    const { run, step } = model.run;
    const label = model.run.num_classes ? { label: view.label } : {};
    const text = JSON.stringify({ run, step, ...label, code: Array.from(view.code) });
    const box = byId("code");
    box.value = text;
    byId("code-box").open = true;
    const selected = () => {
      box.select();
      say("The code is selected: copy it from the box.");
    };
    if (!navigator.clipboard) return selected();
    const written = () => say("Copied the code as JSON. Paste a code anywhere on this page to see it.");
    return navigator.clipboard.writeText(text).then(written, selected);
  }

  /** Decodes a code that `copy` wrote; returns whether the text is such a code. */
  paste(text) {
    let found = null;
    try {
      found = JSON.parse(text);
    } catch {
      return false;
    }
    if (!Array.isArray(found?.code)) return false;
    const { model, view } = this.session;
    if (found.code.length !== model.latentSize) {
      say(`That code has ${found.code.length} values; this model has ${model.latentSize} latents.`);
      return true;
    }
    if (!found.code.every((value) => typeof value === "number" && Math.abs(value) <= FARTHEST)) {
      say("That code contains a value that is not a number from -1,000,000 to 1,000,000.");
      return true;
    }
    const known = Number.isInteger(found.label) && found.label >= 0 && found.label < model.run.num_classes;
    const label = known ? found.label : view.label;
    const code = Float32Array.from(found.code);
    this.session.setViews((each) => (each === model ? { code, label } : {}));
    say("Decoded the code that you pasted.");
    return true;
  }

  save() {
    const { model } = this.session;
    const [height, width] = model.shape;
    const times = Math.max(1, Math.floor(512 / Math.max(height, width)));
    const small = this.frames[this.session.active].decoded;
    const large = make("canvas", { width: width * times, height: height * times });
    const context = large.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, large.width, large.height);
    large.toBlob((blob) => {
      const address = URL.createObjectURL(blob);
      const name = model.run.run.replace(/[^\w.-]+/g, "-");
      make("a", { href: address, download: `${name}.png` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
      say(`Saved the image, ${times} times enlarged.`);
    });
  }
}
