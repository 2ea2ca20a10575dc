// The trained model: it decodes codes, encodes images, and computes paths between codes.
// It needs no page: tests run this file alone.

/** Random numbers in [0, 1) from a seed (mulberry32). */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A number from N(0, 1) (Box & Muller 1958). */
const normalNumber = (random) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A random index; the probability of an index is proportional to its weight. */
function drawIndex(weights, random) {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length - 1; i++) if ((left -= weights[i]) < 0) return i;
  return weights.length - 1;
}

const PIXELS = {
  sigmoid,
  continuous_bernoulli: continuousBernoulliMean,
};

/** A model from the content of a page, see analysis/explorer_content.py. */
class Model {
  constructor(run) {
    const weights = halvesOf(bytesOf(run.weights));
    this.run = run;
    this.latentSize = run.latent_size;
    this.shape = run.image_shape;
    this.decoder = new Network(run.decoder, weights);
    this.encoder = run.encoder ? new Network(run.encoder, weights) : null;
    this.below = run.follow.map(({ at, given, network }) => (
      { at, given, network: new Network(network, weights) }
    ));
    this.pixel = PIXELS[run.pixels];
    const codes = halvesOf(bytesOf(run.codes));
    this.codes = [];
    for (let i = 0; i + this.latentSize <= codes.length; i += this.latentSize) {
      this.codes.push(codes.subarray(i, i + this.latentSize));
    }
    // JSON has no infinity: null is the logarithm of a standard deviation of 0.
    this.posteriors = run.images.posteriors.map(({ mean, log_stddev: logs }) => ({
      mean: Float32Array.from(mean),
      logStddev: Float32Array.from(logs, (value) => value ?? -Infinity),
    }));
  }

  oneHot(label) {
    const { num_classes: count } = this.run;
    return Float32Array.from({ length: count }, (_, k) => (k === label ? 1 : 0));
  }

  /** Pixels [height * width * channels] in [0, 1] of a code; `label` if the model needs a label. */
  decode(code, label = 0) {
    const seen = this.run.num_classes ? [...code, ...this.oneHot(label)] : code;
    const [logits] = this.decoder.run(seen);
    return logits.map(this.pixel);
  }

  /** Posterior {mean, logStddev} of pixels; logStddev is -Infinity for a code without noise. */
  encode(pixels, label = 0) {
    const { posterior } = this.run;
    const [mean, logStddev] = this.encoder.run(this.withLabel(pixels, label));
    const read = (k) => k < posterior.num_read;
    const exact = posterior.kind !== "gaussian";
    return {
      mean: mean.map((m, k) => (read(k) ? this.nearestValue(m, k) : 0)),
      logStddev: logStddev.map((s, k) => {
        if (!read(k)) return 0;
        if (exact) return -Infinity;
        return posterior.bounded ? Math.min(s, 0) : s;
      }),
    };
  }

  /**
   * A code of which the latents from `start` to before `stop` were changed, with the layers below
   * them at the means of their priors.
   */
  following(code, start, stop = start + 1) {
    const found = code.slice();
    const changed = [[start, stop]];
    for (const { at, given, network } of this.below) {
      if (!given.some(([a, b]) => changed.some(([c, d]) => a < d && c < b))) continue;
      const [mean] = network.run(...given.map(([a, b]) => found.slice(a, b)));
      found.set(mean, at);
      changed.push([at, at + mean.length]);
    }
    return found;
  }

  /** The class of a code that begins with a class. */
  classOf(code) {
    const shares = code.slice(0, this.run.class_latents);
    return shares.indexOf(shares.reduce((a, b) => Math.max(a, b)));
  }

  /** A code with another class; latents that depend on the class change, too. */
  withClass(code, label) {
    const count = this.run.class_latents;
    const found = code.slice();
    for (let k = 0; k < count; k++) found[k] = k === label ? 1 : 0;
    return this.following(found, 0, count);
  }

  /** The value nearest to `x`, for a latent with few values; the first if two are equally near. */
  nearestValue(x, latent) {
    const { values } = this.run.posterior;
    if (!values) return x;
    return values[latent].reduce((best, v) => (Math.abs(v - x) < Math.abs(best - x) ? v : best));
  }

  withLabel(pixels, label) {
    const { num_classes: count } = this.run;
    if (!count) return pixels;
    const channels = this.shape[2];
    const seen = new Float32Array((pixels.length / channels) * (channels + count));
    for (let i = 0, at = 0; i < pixels.length; i += channels, at += channels + count) {
      for (let k = 0; k < channels; k++) seen[at + k] = pixels[i + k];
      seen[at + channels + label] = 1;
    }
    return seen;
  }

  /** The probability of an attribute by a linear classifier of codes. */
  probability({ weights, bias }, code) {
    return sigmoid(weights.reduce((sum, weight, k) => sum + weight * code[k], bias));
  }

  /** A code of the prior. */
  samplePrior(random) {
    const { prior } = this.run;
    if (prior.kind === "samples") {
      return Float32Array.from(prior.samples[Math.floor(random() * prior.samples.length)]);
    }
    return Float32Array.from({ length: this.latentSize }, () => normalNumber(random));
  }

  /** A code of the Gaussian mixture that was fitted to the codes of images. */
  sampleMixture(random) {
    const { weights, means, factors } = this.run.mixture;
    const chosen = drawIndex(weights, random);
    const noise = means[chosen].map(() => normalNumber(random));
    return Float32Array.from(means[chosen], (mean, i) => {
      let sum = mean;
      for (let j = 0; j <= i; j++) sum += factors[chosen][i][j] * noise[j];
      return sum;
    });
  }

  /** Place {x, y} of a code on the map. */
  placeOf(code) {
    const { center, components } = this.run.map;
    const [x, y] = components.map((component) =>
      component.reduce((sum, part, k) => sum + part * (code[k] - center[k]), 0),
    );
    return { x, y };
  }

  /** The code at a place of the map. It differs from `code` only in the map's two directions. */
  codeAt({ x, y }, code) {
    const now = this.placeOf(code);
    const [right, up] = this.run.map.components;
    return code.map((value, k) => value + (x - now.x) * right[k] + (y - now.y) * up[k]);
  }
}

/** Codes between two codes, at t from 0 to 1. */
const PATHS = {
  straight: (a, b, t) => a.map((value, k) => value + t * (b[k] - value)),

  /** Along an arc, on which Gaussian codes keep their length (White 2016). */
  spherical(a, b, t) {
    const product = (u, v) => u.reduce((sum, value, k) => sum + value * v[k], 0);
    const lengths = Math.sqrt(product(a, a) * product(b, b));
    const cosine = lengths > 0 ? product(a, b) / lengths : 1;
    const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
    if (Math.sin(angle) < 1e-4) return PATHS.straight(a, b, t);
    const [from, to] = [Math.sin((1 - t) * angle), Math.sin(t * angle)];
    return a.map((value, k) => (from * value + to * b[k]) / Math.sin(angle));
  },

  /** One latent after another, in the given order. */
  in_turn(a, b, t, order) {
    const code = a.slice();
    order.forEach((k, i) => {
      const part = Math.max(0, Math.min(1, t * order.length - i));
      code[k] = a[k] + part * (b[k] - a[k]);
    });
    return code;
  },
};

/** The content of a page from its text. Throws an Error with a reason for the reader. */
function contentOf(text) {
  const found = /<script type="application\/json" id="run">([^<]*)<\/script>/.exec(text);
  let run = null;
  try {
    run = JSON.parse(found[1]);
  } catch {
    throw new Error("That file is no explorer page. Choose an explorer.html of vae_tf.");
  }
  if (run.format !== FORMAT) {
    throw new Error("That page was made by another version. Make both pages again.");
  }
  return run;
}

const FORMAT = 2;
