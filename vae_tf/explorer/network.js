// Networks in plain JavaScript: layers over typed arrays, one image at a time.
//
// A network is a list of nodes in the order in which they are computed; graph.py writes it. All
// buffers are allocated once, so that dragging a slider allocates no memory. Feature maps have the
// layout [height, width, channels], and weights [outputs, inputs]. So a matrix product reads both
// in the order of memory.

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Bytes of a text in base64. (`atob` exists in browsers only.) */
function bytesOf(text) {
  const digits = new Uint8Array(128);
  for (let i = 0; i < 64; i++) digits[BASE64.charCodeAt(i)] = i;
  const length = text.replace(/=+$/, "").length;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  for (let i = 0, j = 0; j < bytes.length; i += 4) {
    const four =
      (digits[text.charCodeAt(i)] << 18) |
      (digits[text.charCodeAt(i + 1)] << 12) |
      (digits[text.charCodeAt(i + 2)] << 6) |
      digits[text.charCodeAt(i + 3)];
    bytes[j++] = four >> 16;
    if (j < bytes.length) bytes[j++] = (four >> 8) & 255;
    if (j < bytes.length) bytes[j++] = four & 255;
  }
  return bytes;
}

/** Numbers of half precision, little-endian, as Float32Array. */
function halvesOf(bytes) {
  const powers = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 25));
  const values = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < values.length; i++) {
    const half = bytes[2 * i] | (bytes[2 * i + 1] << 8);
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    // layers.py refuses infinity and NaN, which have the exponent 31.
    const value = exponent ? (1024 + fraction) * powers[exponent] : fraction * powers[1];
    values[i] = half & 32768 ? -value : value;
  }
  return values;
}

/** c[m, n] = sum_k a[m, k] b[n, k] + bias[n % bias.length], in blocks of four by four. */
function multiply(a, rows, inner, b, columns, bias, c) {
  let m = 0;
  for (; m + 4 <= rows; m += 4) {
    const a0 = m * inner, a1 = a0 + inner, a2 = a1 + inner, a3 = a2 + inner;
    let n = 0;
    for (; n + 4 <= columns; n += 4) {
      const b0 = n * inner, b1 = b0 + inner, b2 = b1 + inner, b3 = b2 + inner;
      let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
      let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
      for (let k = 0; k < inner; k++) {
        const x0 = a[a0 + k], x1 = a[a1 + k], x2 = a[a2 + k], x3 = a[a3 + k];
        const y0 = b[b0 + k], y1 = b[b1 + k], y2 = b[b2 + k], y3 = b[b3 + k];
        s00 += x0 * y0; s01 += x0 * y1; s02 += x0 * y2; s03 += x0 * y3;
        s10 += x1 * y0; s11 += x1 * y1; s12 += x1 * y2; s13 += x1 * y3;
        s20 += x2 * y0; s21 += x2 * y1; s22 += x2 * y2; s23 += x2 * y3;
        s30 += x3 * y0; s31 += x3 * y1; s32 += x3 * y2; s33 += x3 * y3;
      }
      let at = m * columns + n;
      c[at] = s00; c[at + 1] = s01; c[at + 2] = s02; c[at + 3] = s03;
      at += columns;
      c[at] = s10; c[at + 1] = s11; c[at + 2] = s12; c[at + 3] = s13;
      at += columns;
      c[at] = s20; c[at + 1] = s21; c[at + 2] = s22; c[at + 3] = s23;
      at += columns;
      c[at] = s30; c[at + 1] = s31; c[at + 2] = s32; c[at + 3] = s33;
    }
    for (; n < columns; n++) {
      for (let r = m; r < m + 4; r++) c[r * columns + n] = dot(a, r * inner, b, n * inner, inner);
    }
  }
  for (; m < rows; m++) {
    for (let n = 0; n < columns; n++) c[m * columns + n] = dot(a, m * inner, b, n * inner, inner);
  }
  if (bias) {
    const count = bias.length;
    for (let i = 0; i < rows * columns; i += count) {
      for (let j = 0; j < count; j++) c[i + j] += bias[j];
    }
  }
}

/** Sum of a[i + k] b[j + k] over k < count. */
function dot(a, i, b, j, count) {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0, k = 0;
  for (; k + 4 <= count; k += 4) {
    s0 += a[i + k] * b[j + k];
    s1 += a[i + k + 1] * b[j + k + 1];
    s2 += a[i + k + 2] * b[j + k + 2];
    s3 += a[i + k + 3] * b[j + k + 3];
  }
  for (; k < count; k++) s0 += a[i + k] * b[j + k];
  return s0 + s1 + s2 + s3;
}

/** Error function, to 1.5e-7 (Abramowitz & Stegun 1964, 7.1.26). */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const value = 1 - series * Math.exp(-x * x);
  return x < 0 ? -value : value;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** Mean of a continuous Bernoulli of these logits; see likelihoods.py. */
function continuousBernoulliMean(x) {
  if (Math.abs(x) < 0.3) return 0.5 + x / 12 - x ** 3 / 720;
  return -1 / Math.expm1(-x) - 1 / x;
}

const ACTIVATIONS = {
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  leaky_relu: (x) => (x > 0 ? x : 0.2 * x),
  relu: (x) => (x > 0 ? x : 0),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  sigmoid,
  silu: (x) => x * sigmoid(x),
  softplus: (x) => (x > 0 ? x : 0) + Math.log1p(Math.exp(-Math.abs(x))),
  tanh: Math.tanh,
};

/** Logarithm of the sum of exponentials. */
function logSumExp(x) {
  const most = x.reduce((a, b) => Math.max(a, b));
  return most + Math.log(x.reduce((sum, value) => sum + Math.exp(value - most), 0));
}

const NUMBER_BY_NUMBER = {
  add: (a, b) => a + b,
  divide: (a, b) => a / b,
  exp: Math.exp,
  log1p: Math.log1p,
  logaddexp: (a, b) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))),
  minimum: Math.min,
  multiply: (a, b) => a * b,
  negative: (a) => -a,
  subtract: (a, b) => a - b,
};

/** Copies the window under each output pixel into a row: [pixels, kernel * kernel * channels]. */
function gatherWindows(x, [height, width, channels], node, rows) {
  const [outHeight, outWidth] = node.shape;
  const { kernel, stride, before } = node;
  let at = 0;
  for (let i = 0; i < outHeight; i++) {
    for (let j = 0; j < outWidth; j++) {
      for (let p = 0; p < kernel[0]; p++) {
        const y = i * stride[0] + p - before[0];
        for (let q = 0; q < kernel[1]; q++) {
          const z = j * stride[1] + q - before[1];
          const inside = y >= 0 && y < height && z >= 0 && z < width;
          const from = (y * width + z) * channels;
          for (let k = 0; k < channels; k++) rows[at++] = inside ? x[from + k] : 0;
        }
      }
    }
  }
}

/** Adds each row [kernel * kernel * filters] onto the window of its pixel, the bias below. */
function scatterWindows(rows, [height, width], node, bias, out) {
  const [outHeight, outWidth, filters] = node.shape;
  const { kernel, stride, before } = node;
  for (let i = 0; i < out.length; i += filters) {
    for (let k = 0; k < filters; k++) out[i + k] = bias ? bias[k] : 0;
  }
  let at = 0;
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      for (let p = 0; p < kernel[0]; p++) {
        const y = i * stride[0] + p - before[0];
        for (let q = 0; q < kernel[1]; q++, at += filters) {
          const z = j * stride[1] + q - before[1];
          if (y < 0 || y >= outHeight || z < 0 || z >= outWidth) continue;
          const to = (y * outWidth + z) * filters;
          for (let k = 0; k < filters; k++) out[to + k] += rows[at + k];
        }
      }
    }
  }
}

const sizeOf = (shape) => shape.reduce((product, side) => product * side, 1);

/** Layers by kind. Each makes a function from a node and its input nodes; it computes the node. */
const LAYERS = {
  input: () => () => {},
  part(node, [x], out) {
    return () => out.set(x.out.subarray(node.start, node.start + out.length));
  },
  number_by_number(node, inputs, out) {
    const compute = NUMBER_BY_NUMBER[node.operation];
    const left = inputs.slice();
    // A number has the same value at all places.
    const [a, b] = node.values.map((value) =>
      value === null ? left.shift().out : new Float32Array(out.length).fill(value),
    );
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = compute(a[i], b?.[i]);
    };
  },
  softmax(node, [x], out) {
    return () => {
      const shift = logSumExp(x.out);
      for (let i = 0; i < out.length; i++) out[i] = Math.exp(x.out[i] - shift);
    };
  },
  log_softmax(node, [x], out) {
    return () => {
      const shift = logSumExp(x.out);
      for (let i = 0; i < out.length; i++) out[i] = x.out[i] - shift;
    };
  },
  reshape(node, [x], out) {
    return () => out.set(x.out);
  },
  concatenate(node, inputs, out) {
    return () => {
      let at = 0;
      for (const x of inputs) {
        out.set(x.out, at);
        at += x.out.length;
      }
    };
  },
  dense(node, [x], out, weights) {
    const kernel = weights(node.kernelAt), bias = weights(node.biasAt);
    return () => multiply(x.out, 1, x.out.length, kernel, out.length, bias, out);
  },
  scale(node, [x], out, weights) {
    const factor = weights(node.factorAt), shift = weights(node.shiftAt);
    return () => {
      const count = factor.length;
      for (let i = 0; i < out.length; i += count) {
        for (let k = 0; k < count; k++) out[i + k] = x.out[i + k] * factor[k] + shift[k];
      }
    };
  },
  activation(node, [x], out) {
    return () => out.set(x.out);
  },
  convolution(node, [x], out, weights) {
    const kernel = weights(node.kernelAt), bias = weights(node.biasAt);
    const [height, width, filters] = node.shape;
    const inner = node.kernel[0] * node.kernel[1] * x.shape[2];
    const rows = new Float32Array(height * width * inner);
    return () => {
      gatherWindows(x.out, x.shape, node, rows);
      multiply(rows, height * width, inner, kernel, filters, bias, out);
    };
  },
  transposed_convolution(node, [x], out, weights) {
    const kernel = weights(node.kernelAt), bias = weights(node.biasAt);
    const [height, width, channels] = x.shape;
    const columns = node.kernel[0] * node.kernel[1] * node.shape[2];
    const rows = new Float32Array(height * width * columns);
    return () => {
      multiply(x.out, height * width, channels, kernel, columns, null, rows);
      scatterWindows(rows, x.shape, node, bias, out);
    };
  },
};

/** A network whose weights are slices of `weights`. The next call of `run` overwrites its outputs. */
class Network {
  constructor(description, weights) {
    const slice = (at) => {
      if (at && at[0] + at[1] > weights.length) throw new Error("Weights are missing.");
      return at ? weights.subarray(at[0], at[0] + at[1]) : null;
    };
    this.nodes = [];
    for (const node of description.nodes) {
      const out = new Float32Array(sizeOf(node.shape));
      const inputs = node.from.map((index) => this.nodes[index]);
      const layer = LAYERS[node.kind](node, inputs, out, slice);
      const bend = node.activation ? ACTIVATIONS[node.activation] : null;
      this.nodes.push({ shape: node.shape, out, layer, bend });
    }
    this.inputs = description.inputs;
    this.outputs = description.outputs;
  }

  /** Returns the outputs, a list of Float32Array, of a list of input arrays. */
  run(...inputs) {
    inputs.forEach((input, i) => this.nodes[this.inputs[i]].out.set(input));
    for (const { layer, bend, out } of this.nodes) {
      layer();
      if (bend) for (let i = 0; i < out.length; i++) out[i] = bend(out[i]);
    }
    return this.outputs.map((index) => this.nodes[index].out);
  }
}
