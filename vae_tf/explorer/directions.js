// Directions of attributes. Each has a slider, which adds the direction to the code.

function buildDirections(session) {
  let base = null; // the code before and after the sliders' changes
  let sliders = [];
  const moved = () => {
    const { view } = session;
    if (!base || base.made !== view.code) base = { from: view.code };
    const code = base.from.slice();
    for (const { input, vector } of sliders) {
      const amount = Number(input.value);
      for (let k = 0; k < code.length; k++) code[k] += amount * vector[k];
    }
    session.setCode(code, "direction");
    base.made = session.view.code;
  };
  session.onModel(() => {
    const { directions } = session.model.run;
    base = null;
    byId("directions-box").hidden = !directions.length;
    sliders = directions.map(({ name, vector, note }, i) => {
      const id = `direction-${i}`;
      const input = make("input", { id, type: "range", min: -2, max: 2, step: 0.02, value: 0 });
      input.addEventListener("input", moved);
      const about = make("div", { class: "about" }, make("label", { for: id }, make("b", {}, name)),
        make("span", { class: "faint" }, note));
      const element = make("div", { class: "latent" }, about, make("div", { class: "track" }, input));
      return { input, vector, element };
    });
    byId("directions").replaceChildren(...sliders.map(({ element }) => element));
  });
  // If anything else changes the code, the sliders go back to their middle.
  session.watch(() => {
    if (base && base.made === session.view.code) return;
    for (const { input } of sliders) input.value = 0;
  });
}
