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

function linear({ data }, { weight, bias }) {
  const out = new Float32Array(bias.length);
  for (let o = 0, w = 0; o < out.length; o++) {
    let sum = bias[o];
    for (let i = 0; i < data.length; i++, w++) sum += weight[w] * data[i];
    out[o] = sum;
  }
  return { data: out, shape: [out.length] };
}

// Sums over windows of a picture with a border of zeros.  A phase is one of the stride x stride
// places that results have between the places of the picture; its taps are (dy, dx, which weight).
function windows(x, { weight, bias, shape }, stride, phases) {
  const [channels, height, width] = x.shape, [out, , k] = shape;
  const border = Math.max(...phases.flatMap((phase) => phase.taps.flatMap(([dy, dx]) => [Math.abs(dy), Math.abs(dx)])));
  const row = width + 2 * border, plane = row * (height + 2 * border), start = border * row + border;
  const padded = new Float32Array(channels * plane + 2 * border);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      padded.set(x.data.subarray((c * height + y) * width, (c * height + y + 1) * width), c * plane + start + y * row);
    }
  }
  const result = new Float32Array(out * height * width * stride * stride);
  const sums = new Float32Array(height * row), n = (height - 1) * row + width;
  for (const { a, b, taps } of phases) {
    // Four at a time, which browsers compile well; what is missing weighs nothing.
    const fours = [];
    for (let t = 0; t < taps.length; t += 4) fours.push([0, 1, 2, 3].map((i) => taps[t + i] || [0, 0, -1]));
    for (let o = 0; o < out; o++) {
      sums.fill(bias[o]);
      for (let c = 0; c < channels; c++) {
        const base = c * plane + start, w = (o * channels + c) * k * k;
        for (const four of fours) {
          const [o0, o1, o2, o3] = four.map(([dy, dx]) => base + dy * row + dx);
          const [w0, w1, w2, w3] = four.map(([, , tap]) => (tap < 0 ? 0 : weight[w + tap]));
          for (let i = 0; i < n; i++) {
            sums[i] += w0 * padded[o0 + i] + w1 * padded[o1 + i] + w2 * padded[o2 + i] + w3 * padded[o3 + i];
          }
        }
      }
      for (let y = 0; y < height; y++) {
        let to = ((o * height + y) * stride + a) * width * stride + b;
        for (let i = y * row; i < y * row + width; i++, to += stride) result[to] = sums[i];
      }
    }
  }
  return { data: result, shape: [out, height * stride, width * stride] };
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
