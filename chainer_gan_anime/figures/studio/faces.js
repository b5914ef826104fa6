"use strict";
// What is done with latents: paths between two, variations, and a face as a short text.

const length = (z) => Math.hypot(...z);

function lerp(a, b, t) {
  return a.map((value, i) => (1 - t) * value + t * b[i]);
}

// Along the great circle, the length going linearly; as figures/interpolation.py has it.
function slerp(a, b, t) {
  const la = length(a), lb = length(b);
  const cosine = Math.min(1, Math.max(-1, a.reduce((sum, value, i) => sum + value * b[i], 0) / (la * lb)));
  const angle = Math.acos(cosine);
  if (!(Math.sin(angle) > 1e-6)) return lerp(a, b, t);
  const wa = Math.sin((1 - t) * angle) / la, wb = Math.sin(t * angle) / lb;
  const scale = ((1 - t) * la + t * lb) / Math.sin(angle);
  return a.map((value, i) => scale * (wa * value + wb * b[i]));
}

// A face near another: of the strength 1 it is as far from it as any two are.
function vary(z, rng, strength, distribution) {
  const other = z.map(() => rng[distribution]());
  return slerp(z, other, strength);
}

// z as text: 16 bits each, in steps of 1/4096, base64 as addresses take it.
function toText(z) {
  const words = Int16Array.from(z, (value) => Math.max(-32768, Math.min(32767, Math.round(value * 4096))));
  const text = btoa(String.fromCharCode(...new Uint8Array(words.buffer)));
  return "z" + text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Back from such a text, or from sSEED.NUMBER, a face of a wall; null if it is no face of ``size``.
function fromText(text, size, distribution) {
  const word = text.trim().replace(/^.*#/s, "");
  const wall = word.match(/^s(\d{1,10})\.(\d{1,4})$/);
  if (wall) {
    if (Number(wall[1]) > 4294967295) return null;
    return latents(Number(wall[1]), Number(wall[2]) + 1, size, distribution).at(-1);
  }
  if (!/^z[\w-]+$/.test(word)) return null;
  try {
    const bytes = atob(word.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
    if (bytes.length !== 2 * size) return null;
    const words = new Int16Array(Uint8Array.from(bytes, (character) => character.charCodeAt(0)).buffer);
    return Float32Array.from(words, (value) => value / 4096);
  } catch {
    return null;
  }
}
