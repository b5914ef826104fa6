"use strict";
// Faces drawn by several workers, each of which gets one face at a time, so that what is looked at
// never waits for all of a wall or of an animation.

const MAX_WORKERS = 4; // each has the weights for itself
const LATER = ["save", "wall"]; // groups that come after what is looked at, in this order

// ``code`` is net.js; ``runs`` are the page's generators.
function makeDrawing(code, runs) {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const waiting = [], times = []; // times: milliseconds of each face
  const drawn = new WeakMap(); // of each z, which never changes, what the last run made of it
  const count = Math.min(MAX_WORKERS, navigator.hardwareConcurrency || 1);
  const workers = Array.from({ length: count }, () => {
    const worker = { itself: new Worker(address), sent: new Map(), wish: null };
    worker.itself.onmessage = ({ data }) => finish(worker, data);
    return worker;
  });

  // Draws z with a run by its number; tags are a Float32Array.  With ``only``, the group's earlier
  // wishes that were not begun are dropped and get null.
  function draw(run, z, tags, group, only = false) {
    const known = drawn.get(z);
    if (known && known.run === run && known.tags === String(tags)) return Promise.resolve(known.image);
    return new Promise((done) => {
      if (only) drop(group);
      const wish = { run, z, tags, group, done };
      const before = ({ group: other }) => LATER.indexOf(other) <= LATER.indexOf(group);
      waiting.splice(waiting.findLastIndex(before) + 1, 0, wish);
      begin();
    });
  }

  function drop(group) {
    for (let i = waiting.length - 1; i >= 0; i--) if (waiting[i].group === group) waiting.splice(i, 1)[0].done(null);
  }

  function begin() {
    for (const worker of workers) {
      if (worker.wish || !waiting.length) continue;
      const { run, z, tags } = worker.wish = waiting.shift();
      if (!worker.sent.has(run)) {
        worker.itself.postMessage({ net: runs[run].net });
        worker.sent.set(run, worker.sent.size);
      }
      worker.itself.postMessage({ run: worker.sent.get(run), inputs: { z: Float32Array.from(z), tags } });
    }
  }

  function finish(worker, { pixels, ms }) {
    const { run, z, tags, done } = worker.wish, image = new ImageData(pixels, runs[run].size, runs[run].size);
    times.push(ms);
    drawn.set(z, { run, tags: String(tags), image });
    worker.wish = null;
    done(image);
    begin();
  }

  return { draw, drop, times, workers };
}
