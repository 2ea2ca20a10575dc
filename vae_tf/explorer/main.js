// The start of the page. Tests call these functions without a page.

/** Largest difference of a pixel, in 1/255, from the model's own pixels of the check codes. */
function largestError(model) {
  const { codes, labels, pixels } = model.run.check;
  const bytes = bytesOf(pixels);
  let largest = 0;
  codes.forEach((code, i) => {
    model.decode(code, labels?.[i]).forEach((value, k) => {
      const at = 2 * (i * sizeOf(model.shape) + k);
      const expected = (bytes[at] | (bytes[at + 1] << 8)) / 65535;
      largest = Math.max(largest, Math.abs(value - expected));
    });
  });
  return 255 * largest;
}

function tellErrors(model) {
  const error = largestError(model);
  const count = model.run.check.codes.length;
  byId("exact").textContent =
    `Weights in this page have half precision. For ${count} check codes, pixels decoded here differ ` +
    `from the model's pixels by at most ${error < 0.01 ? "0.01" : error.toFixed(2)}/255.`;
  byId("inexact").hidden = error <= 1;
}

async function start() {
  const model = new Model(JSON.parse(byId("run").textContent));
  const session = new Session(model);
  const stage = new Stage(session);
  globalThis.explorer.session = session;
  buildLatents(session);
  buildSamples(session);
  globalThis.explorer.map = new CodeMap(session);
  const path = (globalThis.explorer.path = new Path(session));
  buildDirections(session);
  buildCompare(session);
  new Pad(session);
  for (const name of ["pointerdown", "pointerup", "pointercancel"])
    document.addEventListener(name, () => session.hold(name === "pointerdown"), true);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    if (event.target.closest?.("textarea")) return;
    event.preventDefault();
    if (event.shiftKey) session.redo();
    else session.undo();
  });
  tellErrors(model);
  const images = await buildImages(session, stage);
  path.start(images);
  if (images.length) session.setImage(images[0]);
  session.past = [];
  session.changed();
  document.body.dataset.ready = "yes";
}

globalThis.explorer = {
  Model, PATHS, bytesOf, contentOf, halvesOf, largestError, randomNumbers,
};
if (typeof document !== "undefined") start();
