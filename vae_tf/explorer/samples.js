// Random samples: of the prior, and of the mixture fitted to the codes of images.

const NUM_SAMPLES = 12;

function buildSamples(session) {
  let seed = 0;
  let drawn = null; // codes of the samples shown, by model
  const sampled = (model, kind, number) => {
    const random = randomNumbers(number);
    return kind === "mixture" ? model.sampleMixture(random) : model.samplePrior(random);
  };
  const choose = (index) => {
    session.setViews((model, view, i) => ({ code: drawn[i][index] }));
    say(`The sliders show the code of sample ${index + 1}.`);
  };
  const fill = (kind) => {
    const numbers = Array.from({ length: NUM_SAMPLES }, () => ++seed);
    drawn = session.models.map((model) => numbers.map((number) => sampled(model, kind, number)));
    const { model, view } = session;
    const entries = drawn[session.active].map((code, index) => ({
      pixels: model.decode(code, view.label), title: `sample ${index + 1}`,
    }));
    fillStrip(byId("samples"), entries, model.shape, choose);
  };
  byId("prior").onclick = () => {
    fill("prior");
    choose(0);
  };
  byId("mixture").onclick = () => {
    fill("mixture");
    choose(0);
  };
  session.onModel(() => {
    const { run } = session.model;
    byId("mixture").hidden = !session.models.every((model) => model.run.mixture);
    byId("prior-note").textContent =
      `${run.prior.words} Choose a sample to see its code.` +
      (run.mixture
        ? ` The mixture of ${run.mixture.weights.length} Gaussians was fitted to the codes of ` +
          `${run.mixture.num_images.toLocaleString("en")} training images. If the codes do not ` +
          `fill the prior, samples of the mixture look more like the data.`
        : "");
    fill("prior");
  });
}
