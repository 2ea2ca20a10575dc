// Compare the run with a second run on the same data, from the second run's page.

async function compareWith(session, file) {
  const first = session.models[0].run;
  let run = null;
  try {
    run = contentOf(await file.text());
  } catch (error) {
    return say(error.message);
  }
  if (run.dataset !== first.dataset || run.image_shape.join() !== first.image_shape.join()) {
    return say(
      `'${run.run}' is a run on other data, ${run.dataset} ${run.image_shape.join("×")}. This run is ` +
        `on ${first.dataset} ${first.image_shape.join("×")}.`,
    );
  }
  let model = null;
  try {
    model = new Model(run);
  } catch {
    return say(`The page of '${run.run}' is damaged. Make it again.`);
  }
  session.setSecond(model);
  return say(`Compared with ${run.run}. Choose below which of the two runs the sliders change.`);
}

function buildCompare(session) {
  const file = byId("second-file");
  byId("second").onclick = () => file.click();
  byId("alone").onclick = () => {
    session.setSecond(null);
    say("The other run was removed.");
  };
  file.onchange = () => {
    if (file.files.length) compareWith(session, file.files[0]);
    file.value = "";
  };
  session.onModel(() => {
    byId("which").hidden = byId("alone").hidden = session.models.length < 2;
    const choice = (model, i) => {
      const input = make("input", { type: "radio", name: "active", value: i, id: `active-${i}` });
      input.checked = i === session.active;
      input.addEventListener("change", () => session.activate(i));
      return [input, make("label", { for: `active-${i}` }, model.run.run)];
    };
    byId("runs").replaceChildren(...session.models.flatMap(choice));
  });
}
