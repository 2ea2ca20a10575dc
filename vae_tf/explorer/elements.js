// Elements of the page. Text of a run is always inserted as text: nothing here parses HTML.

const byId = (id) => document.getElementById(id);

/** An element with attributes (functions become listeners) and children. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A part of a drawing. */
function draw(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Shows a sentence below the images. Screen readers read it. */
function say(sentence) {
  byId("status").textContent = sentence;
}

/** Puts pixels [height, width, channels] in [0, 1] on a canvas of their size. */
function paint(canvas, pixels, [height, width, channels]) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  const bytes = picture.data;
  for (let i = 0, at = 0; at < bytes.length; i += channels, at += 4) {
    for (let k = 0; k < 3; k++) bytes[at + k] = Math.round(255 * pixels[i + (channels === 3 ? k : 0)]);
    bytes[at + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

/** Pixels [height, width, channels] in [0, 1] of a canvas; grey is computed as in Pillow. */
function pixelsOf(context, [height, width, channels]) {
  const bytes = context.getImageData(0, 0, width, height).data;
  const pixels = new Float32Array(height * width * channels);
  for (let i = 0, at = 0; at < bytes.length; i += channels, at += 4) {
    const [red, green, blue] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    if (channels === 3) pixels.set([red / 255, green / 255, blue / 255], i);
    else pixels[i] = (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
  }
  return pixels;
}

/** A number with few digits, a real minus and no minus zero. */
function written(number, digits = 2) {
  return number.toFixed(digits).replace(/^-(?=0\.0*$)/, "").replace("-", "\u2212");
}

/** A row of small pictures that are buttons. */
function fillStrip(strip, entries, shape, choose) {
  strip.replaceChildren(
    ...entries.map(({ pixels, title }, index) => {
      const canvas = make("canvas", { "aria-hidden": "true" });
      paint(canvas, pixels, shape);
      const chosen = () => choose(index);
      return make("button", { type: "button", class: "tile", "aria-label": title, click: chosen }, canvas);
    }),
  );
}
