// The state of the page, with undo. A state is an image and, for one or two models, a code, a label
// and the posterior of the image. A state is never changed, only replaced.

class Session {
  constructor(model) {
    this.models = [model];
    this.active = 0;
    this.state = { image: null, views: [Session.resting(model)] };
    this.past = [];
    this.future = [];
    this.gesture = null;
    this.moved = 0;
    this.held = false;
    this.watchers = [];
    this.builders = [];
    this.drawn = true;
  }

  static resting(model) {
    return { code: new Float32Array(model.latentSize), label: 0, posterior: null };
  }

  get model() {
    return this.models[this.active];
  }

  get view() {
    return this.state.views[this.active];
  }

  /** Calls `watcher` after changes, at most once per frame. */
  watch(watcher) {
    this.watchers.push(watcher);
  }

  /** Calls `build` now, and whenever the active model changes. */
  onModel(build) {
    this.builders.push(build);
    build();
  }

  /**
   * Replaces the state. Undo reverts all changes of one gesture together. A gesture is a drag until
   * the pointer is released, or keys with less than a second between them.
   */
  replace(state, gesture = null) {
    const now = performance.now();
    const same = gesture !== null && gesture === this.gesture;
    const goesOn = same && (this.held || now - this.moved < 1000);
    this.moved = now;
    if (!goesOn) {
      this.past.push(this.state);
      if (this.past.length > 500) this.past.shift();
      this.future = [];
    }
    this.gesture = gesture;
    this.state = state;
    this.changed();
  }

  /** The pointer was pressed or released: a gesture ends here. */
  hold(held) {
    this.held = held;
    this.gesture = null;
  }

  changed() {
    if (!this.drawn) return;
    this.drawn = false;
    requestAnimationFrame(() => {
      this.drawn = true;
      for (const watcher of this.watchers) watcher(this.state);
    });
  }

  /** Replaces parts of the view of each model by what `part(model, view, index)` returns. */
  setViews(part, gesture = null) {
    const views = this.state.views.map((view, i) => ({ ...view, ...part(this.models[i], view, i) }));
    this.replace({ ...this.state, views }, gesture);
  }

  /** Replaces the code of the active model. */
  setCode(code, gesture = null) {
    this.setViews((model, view, i) => (i === this.active ? { code } : {}), gesture);
  }

  /** Shows an image {pixels, title, index, label}: each model encodes it. */
  setImage(image, gesture = null) {
    const views = this.models.map((model, i) => {
      const label = image.label ?? this.state.views[i].label;
      const posterior = Session.posteriorOf(model, image, label);
      const code = posterior ? posterior.mean : this.state.views[i].code;
      return { code, label, posterior };
    });
    this.replace({ image, views }, gesture);
  }

  static posteriorOf(model, image, label) {
    if (image.model === model) return model.posteriors[image.index];
    return model.encoder ? model.encode(image.pixels, label) : null;
  }

  /** Sets the label that the models are given, and encodes the image again. */
  setLabel(label) {
    const image = this.state.image;
    this.setViews((model, view) => {
      const posterior = image ? Session.posteriorOf(model, { ...image, model: null }, label) : null;
      return posterior ? { label, posterior } : { label };
    });
  }

  reset() {
    if (this.state.image) this.setImage(this.state.image);
    else this.setViews((model) => Session.resting(model));
  }

  step(from, to) {
    if (!from.length) return false;
    to.push(this.state);
    const state = from.pop();
    const views = this.models.map((model, i) => state.views[i] ?? Session.viewOf(model, state));
    this.state = { ...state, views };
    this.gesture = null;
    this.changed();
    return true;
  }

  undo() {
    return this.step(this.past, this.future);
  }

  redo() {
    return this.step(this.future, this.past);
  }

  /** The view of a model that is added to a state: the encoded image, else a code of zeros. */
  static viewOf(model, { image, views }) {
    const label = image?.label ?? views[0].label;
    const posterior = image ? Session.posteriorOf(model, image, label) : null;
    const code = posterior ? posterior.mean : Session.resting(model).code;
    return { code, label, posterior };
  }

  /** Adds a second model, or removes it if `model` is null. */
  setSecond(model) {
    this.models = model ? [this.models[0], model] : [this.models[0]];
    const alone = (state) => ({ ...state, views: state.views.slice(0, 1) });
    this.past = this.past.map(alone); // views of an earlier second model do not fit this model
    this.future = this.future.map(alone);
    const first = alone(this.state);
    const added = model ? [Session.viewOf(model, first)] : [];
    this.state = { ...first, views: [...first.views, ...added] };
    this.activate(0);
  }

  activate(index) {
    this.active = index;
    this.gesture = null;
    for (const build of this.builders) build();
    this.changed();
  }
}
