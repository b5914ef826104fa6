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

// The share of normal numbers below x, to some 1e-7 of itself however small it is, by a series for
// the complementary error function.
function normalBelow(x) {
  const y = Math.abs(x) / Math.SQRT2, t = 2 / (2 + y);
  const series = [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223];
  const tail = t * Math.exp(-y * y + series.reduce((sum, c) => sum * t + c, 0)) / 2;
  return x < 0 ? tail : 1 - tail;
}

// The number that a share of all normal numbers lies below; for shares up to a half.
function normalAt(share) {
  let low = -40, high = 0.1;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < share) low = middle;
    else high = middle;
  }
  return low;
}

// A face moved along the direction into the steadiest share; common/steadiness.py says why.
function toSteady(z, direction, share, distribution) {
  if (!direction || share === 1) return z;
  const spread = distribution === "uniform" ? Math.sqrt(1 / 3) : 1;
  const along = direction.reduce((sum, value, i) => sum + value * z[i], 0) / spread;
  const tail = share * normalBelow(-along);
  const moved = tail <= 0.5 ? -normalAt(Math.max(tail, 1e-300)) : normalAt(1 - tail);
  return z.map((value, i) => value + spread * (moved - along) * direction[i]);
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

// What an address ends in: RUN/TAGS/FACE, the run by its number and the tags with commas between.
function toAddress(run, tags, word) {
  return `${run}/${tags.map(encodeURIComponent).join(",")}/${word}`;
}

// Back from such a text or address.  The word of a face alone has no run and no tags.
function fromAddress(text) {
  const whole = text.trim().replace(/^.*#/s, "");
  if (!whole.includes("/")) return { word: whole };
  const parts = whole.match(/^(\d{1,4})\/([^/]*)\/([^/]*)$/);
  try {
    const [, run, tags, word] = parts;
    return { run: Number(run), tags: tags ? tags.split(",").map(decodeURIComponent) : [], word };
  } catch {
    return { word: "" };
  }
}
