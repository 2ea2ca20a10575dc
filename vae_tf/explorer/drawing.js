// A pad to draw an image on, for grey sets: with a pointer, or with the arrow keys and space.

class Pad {
  constructor(session) {
    const { model } = session;
    const [height, width, channels] = model.shape;
    this.session = session;
    this.shape = model.shape;
    this.background = model.run.images.background;
    this.canvas = byId("pad");
    this.radius = Math.max(0.8, width / 26);
    this.pen = { x: width / 2, y: height / 2, down: false };
    byId("draw-box").hidden = channels !== 1 || !model.encoder;
    if (byId("draw-box").hidden) return;
    this.clear();
    byId("clear").onclick = () => this.clear();
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.pen = { ...this.placeOf(event), down: true };
      this.lineTo(this.pen);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.pen.down && event.buttons) this.lineTo(this.placeOf(event));
    });
    this.canvas.addEventListener("pointerup", () => this.lift());
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  clear() {
    const [height, width] = this.shape;
    this.pixels = new Float32Array(height * width).fill(this.background);
    paint(this.canvas, this.pixels, this.shape);
  }

  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const [height, width] = this.shape;
    return {
      x: ((event.clientX - box.left) / box.width) * width,
      y: ((event.clientY - box.top) / box.height) * height,
    };
  }

  lineTo({ x, y }) {
    const steps = Math.ceil(Math.hypot(x - this.pen.x, y - this.pen.y) * 2) + 1;
    for (let i = 1; i <= steps; i++) {
      const t = i / steps;
      this.dot(this.pen.x + t * (x - this.pen.x), this.pen.y + t * (y - this.pen.y));
    }
    this.pen = { x, y, down: true };
    paint(this.canvas, this.pixels, this.shape);
    this.session.setImage({ pixels: this.pixels.slice(), title: "your drawing" }, "drawing");
  }

  /** A round dot with a soft edge, as far from the background as a pixel can be. */
  dot(x, y) {
    const [height, width] = this.shape;
    const reach = Math.ceil(this.radius + 1);
    const ink = this.background > 0.5 ? 0 : 1;
    for (let i = Math.floor(y) - reach; i <= y + reach; i++) {
      for (let j = Math.floor(x) - reach; j <= x + reach; j++) {
        if (i < 0 || j < 0 || i >= height || j >= width) continue;
        const distance = Math.hypot(j + 0.5 - x, i + 0.5 - y);
        const covered = Math.max(0, Math.min(1, this.radius + 0.5 - distance));
        const at = i * width + j;
        const share = Math.max(covered, Math.abs(this.pixels[at] - this.background));
        this.pixels[at] = this.background + share * (ink - this.background);
      }
    }
  }

  lift() {
    this.pen.down = false;
    say("Your drawing was encoded. The sliders show the means of its posterior.");
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === " ") {
      this.pen.down = !this.pen.down;
      if (this.pen.down) this.lineTo(this.pen);
      else this.lift();
      say(this.pen.down ? "The pen is down: arrow keys draw." : "The pen is up.");
    } else if (moves[event.key]) {
      const [height, width] = this.shape;
      const [right, down] = moves[event.key];
      const x = Math.max(0, Math.min(width, this.pen.x + right));
      const y = Math.max(0, Math.min(height, this.pen.y + down));
      if (this.pen.down) this.lineTo({ x, y });
      else this.pen = { x, y, down: false };
    } else return;
    event.preventDefault();
  }
}
