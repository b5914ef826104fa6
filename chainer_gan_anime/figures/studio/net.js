"use strict";
// The generator, as a worker: takes {net} once for each run and then {run, inputs}, inputs
// being Float32Arrays by name; answers {pixels, ms}, pixels being RGBA.  Tensors are
// {data: Float32Array, shape: [n] or [channels, height, width]}, of one image.

function unpack(net) {
  const bytes = Uint8Array.from(atob(net.data), (character) => character.charCodeAt(0));
  let at = 0;
  const take = (Kind, count) => {
    const array = new Kind(bytes.buffer, at, count);
    at += Math.ceil(array.byteLength / 4) * 4;
    return array;
  };
  for (const [, , sizes] of net.layers) {
    if (!sizes.weight) continue;
    sizes.shape = sizes.weight; // from here on, weight is the numbers themselves
    const n = sizes.shape.reduce((a, b) => a * b), out = sizes.shape[0];
    sizes.bias = take(Float32Array, out);
    if (net.precision === "float32") sizes.weight = take(Float32Array, n);
    else if (net.precision === "float16") sizes.weight = Float32Array.from(take(Uint16Array, n), half);
    else {
      const scales = take(Float32Array, out);
      sizes.weight = Float32Array.from(take(Int8Array, n), (value, i) => value * scales[Math.floor(i * out / n)]);
    }
  }
  return net;
}

// IEEE 754 half precision, given as its 16 bits.
function half(bits) {
  const sign = bits >> 15 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : fraction * 2 ** -24);
}

// Weights as rows, [result channel][tap][channel] for each phase, and zeros for channels that are
// missing to a multiple of four: what sum() reads one after another.
function arrange({ weight, bias, shape: [out, channels, k = 1] }, phases) {
  const whole = Math.ceil(out / 4) * 4, start = new Float32Array(whole);
  start.set(bias);
  const rows = phases.map(({ taps }) => {
    const row = new Float32Array(whole * taps.length * channels);
    for (let o = 0, to = 0; o < out; o++) for (const [, , tap] of taps) {
      for (let c = 0; c < channels; c++) row[to++] = weight[(o * channels + c) * k * k + tap];
    }
    return row;
  });
  return { rows, start };
}

// Sums over windows of a picture with a border of zeros.  A phase is one of the stride x stride
// places that results have between the places of the picture; its taps are (dy, dx, which weight).
function windows(x, layer, stride, phases) {
  const [channels, height, width] = x.shape, [out] = layer.shape;
  layer.arranged ??= arrange(layer, phases);
  delete layer.weight;
  const border = Math.max(...phases.flatMap((phase) => phase.taps.flatMap(([dy, dx]) => [Math.abs(dy), Math.abs(dx)])));
  const row = width + 2 * border, seen = new Float32Array(channels * row * (height + 2 * border));
  const places = new Int32Array(height * width), targets = new Int32Array(height * width);
  for (let y = 0, p = 0; y < height; y++) for (let x0 = 0; x0 < width; x0++, p++) {
    places[p] = ((y + border) * row + x0 + border) * channels; // there the channels lie side by side
    targets[p] = (y * width * stride + x0) * stride;
    for (let c = 0; c < channels; c++) seen[places[p] + c] = x.data[c * height * width + p];
  }
  const result = new Float32Array(out * height * width * stride * stride);
  phases.forEach(({ a, b, taps }, i) => {
    const offsets = Int32Array.from(taps, ([dy, dx]) => (dy * row + dx) * channels);
    const into = result.subarray(a * width * stride + b);
    sum(layer.arranged.rows[i], layer.arranged.start, seen, channels, offsets, places, into, targets, result.length / out);
  });
  return { data: result, shape: [out, height * stride, width * stride] };
}

// Four results at two places at a time, which keeps a processor busy.  The missing channels' lie
// beyond the end of what is written into, and are dropped.
function sum(rows, start, seen, channels, offsets, places, into, targets, plane) {
  const length = offsets.length * channels, last = places.length - 1;
  for (let o = 0; o < start.length; o += 4) {
    for (let p = 0; p <= last; p += 2) {
      const q = Math.min(p + 1, last);
      let s0 = start[o], s1 = start[o + 1], s2 = start[o + 2], s3 = start[o + 3];
      let t0 = s0, t1 = s1, t2 = s2, t3 = s3;
      for (let t = 0, w0 = o * length; t < offsets.length; t++, w0 += channels) {
        const w1 = w0 + length, w2 = w1 + length, w3 = w2 + length;
        const from = places[p] + offsets[t], other = places[q] + offsets[t];
        for (let c = 0; c < channels; c++) {
          const here = seen[from + c], there = seen[other + c];
          const v0 = rows[w0 + c], v1 = rows[w1 + c], v2 = rows[w2 + c], v3 = rows[w3 + c];
          s0 += v0 * here; s1 += v1 * here; s2 += v2 * here; s3 += v3 * here;
          t0 += v0 * there; t1 += v1 * there; t2 += v2 * there; t3 += v3 * there;
        }
      }
      let to = o * plane + targets[p], next = o * plane + targets[q];
      into[to] = s0; into[to += plane] = s1; into[to += plane] = s2; into[to + plane] = s3;
      into[next] = t0; into[next += plane] = t1; into[next += plane] = t2; into[next + plane] = t3;
    }
  }
}

function linear({ data }, layer) {
  const { data: out } = windows({ data, shape: [data.length, 1, 1] }, layer, 1, [{ a: 0, b: 0, taps: [[0, 0, 0]] }]);
  return { data: out, shape: [out.length] };
}

function deconvolution(x, layer) {
  const { stride, pad, shape: [, , k] } = layer, phases = [];
  const places = (a) => [...Array(k).keys()].filter((i) => (a + pad - i) % stride === 0);
  for (let a = 0; a < stride; a++) for (let b = 0; b < stride; b++) {
    const taps = places(a).flatMap((y) => places(b).map((x) => [(a + pad - y) / stride, (b + pad - x) / stride, y * k + x]));
    phases.push({ a, b, taps });
  }
  return windows(x, layer, stride, phases);
}

function convolution(x, layer) {
  const { pad, shape: [, , k] } = layer, taps = [];
  for (let i = 0; i < k * k; i++) taps.push([Math.floor(i / k) - pad, i % k - pad, i]);
  return windows(x, layer, 1, [{ a: 0, b: 0, taps }]);
}

// Channel (i r + j) C + c goes to the pixel (i, j) of c.
function depthToSpace({ data, shape: [channels, height, width] }, { ratio: r }) {
  const C = channels / (r * r), out = new Float32Array(data.length);
  for (let n = 0; n < data.length; n++) {
    const x = n % width, y = Math.floor(n / width) % height, channel = Math.floor(n / width / height);
    const c = channel % C, j = Math.floor(channel / C) % r, i = Math.floor(channel / C / r);
    out[(c * height * r + y * r + i) * width * r + x * r + j] = data[n];
  }
  return { data: out, shape: [C, height * r, width * r] };
}

function concat(x, y) {
  const data = new Float32Array(x.data.length + y.data.length);
  data.set(x.data);
  data.set(y.data, x.data.length);
  return { data, shape: [x.shape[0] + y.shape[0], ...x.shape.slice(1)] };
}

const OPERATIONS = {
  linear, deconvolution, convolution, concat, depth_to_space: depthToSpace,
  reshape: (x, { shape }) => ({ data: x.data, shape }),
  relu: (x) => ({ data: x.data.map((value) => (value > 0 ? value : 0)), shape: x.shape }),
  tanh: (x) => ({ data: x.data.map(Math.tanh), shape: x.shape }),
  add: (x, y) => ({ data: x.data.map((value, i) => value + y.data[i]), shape: x.shape }),
};

function run(net, inputs) {
  const values = Object.keys(net.inputs).map((name) => ({ data: inputs[name], shape: [inputs[name].length] }));
  for (const [operation, takes, has] of net.layers) {
    const given = takes.map((i) => values[i]);
    values.push(OPERATIONS[operation](...given, has));
  }
  return values.at(-1);
}

// Rounded as the project's own pictures are.
function toPixels({ data, shape: [, height, width] }) {
  const n = height * width, pixels = new Uint8ClampedArray(4 * n);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = Math.floor((data[c * n + i] + 1) * 127.5 + 0.5);
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}

const nets = [];
onmessage = ({ data: { net, run: which, inputs } }) => {
  if (net) {
    nets.push(unpack(net));
    return;
  }
  const begin = performance.now(), pixels = toPixels(run(nets[which], inputs));
  postMessage({ pixels, ms: performance.now() - begin }, [pixels.buffer]);
};
