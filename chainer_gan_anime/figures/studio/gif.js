"use strict";
// Frames as an endless GIF of 256 colours.

// Median cut: the box with the widest side is split at its middle until there are enough.
function makePalette(frames, count = 256) {
  const points = [];
  const step = Math.max(1, Math.floor(frames.length * frames[0].data.length / 4 / 20000));
  for (const { data } of frames) for (let i = 0; i < data.length; i += 4 * step) points.push([data[i], data[i + 1], data[i + 2]]);
  const side = (box) => {
    const sides = [0, 1, 2].map((c) => box.reduce(([low, high], p) => [Math.min(low, p[c]), Math.max(high, p[c])], [255, 0]));
    const widths = sides.map(([low, high]) => high - low), width = Math.max(...widths);
    return { box, width, axis: widths.indexOf(width) };
  };
  const boxes = [side(points)];
  while (boxes.length < count) {
    boxes.sort((a, b) => a.width - b.width);
    const widest = boxes.pop();
    if (!widest || widest.width <= 0) {
      if (widest) boxes.push(widest);
      break;
    }
    widest.box.sort((a, b) => a[widest.axis] - b[widest.axis]);
    const middle = widest.box.length >> 1;
    boxes.push(side(widest.box.slice(0, middle)), side(widest.box.slice(middle)));
  }
  return boxes.map(({ box }) => [0, 1, 2].map((c) => Math.round(box.reduce((sum, p) => sum + p[c], 0) / box.length)));
}

// LZW with codes of growing width, in blocks of at most 255 bytes.
function compress(pixels) {
  const bytes = [];
  let buffer = 0, bits = 0, width = 9, table = new Map();
  const emit = (code) => {
    buffer |= code << bits;
    for (bits += width; bits >= 8; bits -= 8, buffer >>>= 8) bytes.push(buffer & 255);
  };
  emit(256);
  let prefix = pixels[0], next = 258;
  for (let i = 1; i < pixels.length; i++) {
    const key = prefix << 8 | pixels[i];
    if (table.has(key)) {
      prefix = table.get(key);
      continue;
    }
    emit(prefix);
    if (next === 4096) {
      emit(256);
      table = new Map();
      next = 258;
      width = 9;
    } else {
      if (next === 1 << width) width++;
      table.set(key, next++);
    }
    prefix = pixels[i];
  }
  emit(prefix);
  emit(257);
  if (bits) bytes.push(buffer & 255);
  const blocks = [8];
  for (let i = 0; i < bytes.length; i += 255) blocks.push(Math.min(255, bytes.length - i), ...bytes.slice(i, i + 255));
  return [...blocks, 0];
}

// frames: ImageData of one size; returns a Blob.
function makeGif(frames, delayMs) {
  const palette = makePalette(frames), known = new Map();
  const nearest = (r, g, b) => {
    const key = (r >> 2) << 12 | (g >> 2) << 6 | b >> 2;
    if (!known.has(key)) {
      const distances = palette.map((p) => (p[0] - r) ** 2 + (p[1] - g) ** 2 + (p[2] - b) ** 2);
      known.set(key, distances.indexOf(Math.min(...distances)));
    }
    return known.get(key);
  };
  const word = (value) => [value & 255, value >> 8];
  const text = (string) => [...string].map((character) => character.charCodeAt(0));
  const size = [...word(frames[0].width), ...word(frames[0].height)];
  const colours = Array.from({ length: 256 }, (_, i) => palette[i] || [0, 0, 0]).flat();
  const parts = [[...text("GIF89a"), ...size, 0xf7, 0, 0, ...colours, 0x21, 0xff, 11, ...text("NETSCAPE2.0"), 3, 1, 0, 0, 0]];
  for (const { data } of frames) {
    const pixels = Uint8Array.from({ length: data.length / 4 }, (_, i) => nearest(data[4 * i], data[4 * i + 1], data[4 * i + 2]));
    parts.push([0x21, 0xf9, 4, 4, ...word(Math.round(delayMs / 10)), 0, 0, 0x2c, 0, 0, 0, 0, ...size, 0, ...compress(pixels)]);
  }
  return new Blob([...parts.map((part) => Uint8Array.from(part)), Uint8Array.of(0x3b)], { type: "image/gif" });
}
