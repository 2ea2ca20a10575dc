// Images to start from: images of the validation split, and the reader's own images.

/** Cuts the stored images out of their sheet: [{pixels, title, index, label, model}]. */
async function storedImages(model) {
  const { sheet, count, labels, titles } = model.run.images;
  const picture = new Image();
  picture.src = sheet;
  await picture.decode();
  const [height, width] = model.shape;
  const context = make("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  return Array.from({ length: count }, (_, index) => {
    context.drawImage(picture, -index * width, 0);
    const title = titles[index];
    return { pixels: pixelsOf(context, model.shape), title, index, label: labels?.[index], model };
  });
}

/** An image as the model sees it, cropped to its center, on white; and whether it has color. */
function fitted(picture, shape) {
  const [height, width] = shape;
  const side = Math.min(picture.width / width, picture.height / height);
  const cut = [side * width, side * height];
  const corner = [(picture.width - cut[0]) / 2, (picture.height - cut[1]) / 2];
  const context = make("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, ...corner, ...cut, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const colored = data.some((value, index) => index % 4 < 2 && value !== data[index + 1]);
  return { pixels: pixelsOf(context, shape), colored };
}

async function showFile(session, file) {
  const { model } = session;
  if (!session.models.every((each) => each.encoder)) return say(encoderMissing(session));
  let picture = null;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return say(`'${file.name}' is no image that this browser can read. Try a PNG or a JPEG.`);
  }
  const [height, width, channels] = model.shape;
  const { pixels, colored } = fitted(picture, model.shape);
  const size = `${picture.width}×${picture.height}`;
  const changes = [
    (picture.width !== width || picture.height !== height) &&
      `cropped to its center and scaled to ${width}×${height}`,
    channels === 1 && colored && "made grey",
  ].filter(Boolean);
  session.setImage({ pixels, title: "your image" });
  return say(
    `Your image${changes.length ? `, ${size}, was ${changes.join(" and ")}` : ""}. ` +
      `The model was trained only on ${model.run.dataset}.`,
  );
}

const encoderMissing = (session) =>
  session.models.find((model) => !model.encoder).run.encoder_missing;

function takeOwnImages(session, stage) {
  const file = byId("file");
  byId("own").disabled = !session.model.encoder;
  byId("own").onclick = () => file.click();
  file.onchange = () => {
    if (file.files.length) showFile(session, file.files[0]);
    file.value = "";
  };
  const drop = byId("drop");
  const over = (event) => {
    event.preventDefault();
    drop.hidden = false;
  };
  document.addEventListener("dragenter", over);
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.hidden = true;
    const [first] = event.dataTransfer.files;
    if (!first) say("Drop an image file here, or another run's explorer.html.");
    else if (first.name.endsWith(".html")) compareWith(session, first);
    else showFile(session, first);
  });
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("textarea")) return;
    const [first] = event.clipboardData.files;
    if (first) showFile(session, first);
    else if (!stage.paste(event.clipboardData.getData("text"))) {
      say("The clipboard contains no image and no code of this page.");
    }
  });
}

async function buildImages(session, stage) {
  takeOwnImages(session, stage);
  const stored = await storedImages(session.models[0]);
  fillStrip(byId("stored"), stored, session.models[0].shape, (index) => {
    session.setImage(stored[index]);
    say(`${stored[index].title} was encoded. The sliders show the means of its posterior.`);
  });
  return stored;
}
