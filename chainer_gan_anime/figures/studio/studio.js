"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const runs = data.generators;
const STEADY = 0.3; // what the page begins with
const WALL = 48, FRAMES = 40, FRAME_MS = 60, MAX_HISTORY = 60;

/* Drawing. */

const drawing = makeDrawing(document.getElementById("net").textContent, runs);
const draw = (run, z, group, only) => drawing.draw(run, z, tagsOf(run), group, only);

function show(canvas, image) {
  if (canvas.width !== image.width) canvas.width = canvas.height = image.width;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// What a generator that draws by tags is asked for: 1 for each chosen tag, -1 for the others.
const tagsOf = (run) => Float32Array.from(runs[run].tags ? runs[run].tags.names : [], (name) => (state.tags.has(name) ? 1 : -1));

// The chosen tags that the run knows.
const asked = () => (of().tags ? of().tags.names.filter((name) => state.tags.has(name)) : []);

// A face that was asked for earlier may be drawn later: it is not shown over its successor.
const turns = new WeakMap(); // of each canvas, the turn of what it shows
let turn = 0;

async function paint(canvas, z, group, only) {
  const mine = ++turn, image = await draw(state.run, z, group, only);
  if (!image || mine < turns.get(canvas)) return;
  turns.set(canvas, mine);
  show(canvas, image);
}

/* What is shown.  A face is z, and a name where it has a short one; those of runs of one size of z
   are kept apart by that size. */

const state = { run: 0, tags: new Set(), seed: 0, count: WALL, variety: 1, steady: STEADY, around: null, strength: 0.25, kept: [], ends: [null, null], face: null, moves: [], difference: 0, past: [], at: -1 };
const of = () => runs[state.run];
const size = () => of().net.inputs.z;
const said = make("p", { class: "said quiet", role: "status" });
const say = (text) => { said.textContent = text; };

// The chosen face with what the sliders add to it.
function current() {
  if (!moved()) return state.face.z;
  const z = Float64Array.from(state.face.z);
  state.moves.forEach((move, d) => of().directions[d].forEach((value, i) => { z[i] += move * value; }));
  const between = difference();
  if (between && state.difference) between.forEach((value, i) => { z[i] += state.difference * value; });
  return Float32Array.from(z);
}

function difference() {
  const [a, b] = state.ends;
  return a && b && a !== b ? Float32Array.from(b.z, (value, i) => value - a.z[i]) : null;
}

const moved = () => state.moves.some((move) => move) || state.difference !== 0;
const nameOf = (face) => face.name || toText(face.z);
const asFace = () => (moved() ? { z: current(), name: null } : state.face);

function choose(face, remember = true) {
  state.face = face;
  state.moves = of().directions.map(() => 0);
  state.difference = 0;
  if (remember) note();
  renderFace();
}

/* Undo and history: every face that was chosen or that a slider was let go at.  What a step adds
   "from 1 to 2" is told by the two of then as well. */

function note() {
  const step = { z: current(), face: state.face, moves: [...state.moves], difference: state.difference, ends: [...state.ends] };
  state.past = [...state.past.slice(0, state.at + 1), step].slice(-MAX_HISTORY);
  state.at = state.past.length - 1;
  renderHistory();
}

function travel(to) {
  if (to < 0 || to >= state.past.length) return;
  state.at = to;
  const { face, moves, difference: between, ends } = state.past[to];
  Object.assign(state, { face, moves: [...moves], difference: between });
  if (between) {
    state.ends = ends.map(kept);
    renderShelf();
    renderWallMarks();
  } else renderFace();
  renderHistory();
}

/* The face. */

const large = make("canvas", { class: "large", "aria-label": "The chosen face" });
const sliders = make("div", { class: "sliders" });
const [undo, redo] = [["Undo", -1], ["Redo", 1]].map(([name, step]) => make("button", { type: "button", id: name.toLowerCase(), onclick: () => travel(state.at + step) }, name));

function slider(label, value, range, move) {
  const input = make("input", { type: "range", min: -range, max: range, step: range / 100, value, oninput: () => { move(Number(input.value)); paintFace(); }, onchange: note,
    ondblclick: () => { input.value = 0; move(0); paintFace(); note(); } });
  return make("label", {}, label, input);
}

function renderFace() {
  const reach = 1.6 * Math.sqrt(size()) * (of().z_distribution === "uniform" ? 0.58 : 1) / 2;
  sliders.replaceChildren(...state.moves.map((move, d) => slider(`Direction ${d + 1}`, move, reach, (value) => { state.moves[d] = value; })),
    ...(difference() ? [slider("From 1 to 2", state.difference, 1, (value) => { state.difference = value; })] : []));
  paintFace();
}

function paintFace() {
  paint(large, current(), "face", true);
}

// Pickers of the tags, of those that exclude each other one for all.
const pickers = make("div", { class: "row", id: "tags" });
const plain = (name) => name.replaceAll("_", " ");

function renderTags() {
  const known = of().tags || { names: [], groups: {}, singles: [] };
  const ask = (drop, name) => {
    drop.forEach((other) => state.tags.delete(other));
    if (name) state.tags.add(name);
    renderFace();
    renderShelf();
    renderWall();
    renderHistory();
  };
  const groups = Object.entries(known.groups).map(([group, names]) => {
    const select = make("select", { "aria-label": plain(group), onchange: () => ask(names, select.value) },
      make("option", { value: "" }, `any ${plain(group)}`), ...names.map((name) => make("option", { value: name, selected: state.tags.has(name) }, plain(name))));
    return select;
  });
  const singles = known.singles.map((name) => {
    const box = make("input", { type: "checkbox", checked: state.tags.has(name), onchange: () => ask([name], box.checked ? name : "") });
    return make("label", {}, box, ` ${plain(name)}`);
  });
  pickers.replaceChildren(...groups, ...singles);
}

// The kept face that is the same as this one, which is kept now if there was none.
function kept(face) {
  const same = state.kept.find((other) => nameOf(other) === nameOf(face));
  if (!same) state.kept.push(face);
  return same || face;
}

function keep(face) {
  const before = state.kept.length, free = state.ends.indexOf(null);
  kept(face);
  if (state.kept.length > before && free >= 0) state.ends[free] = face;
  renderShelf();
  renderWallMarks();
}

function drop(face) {
  state.kept = state.kept.filter((other) => other !== face);
  morphBetween(state.ends.map((end) => (end === face ? null : end)));
  renderWallMarks();
}

// Other ends make another face of what is added from 1 to 2: a step of its own.
function morphBetween(ends) {
  const { difference: before } = state;
  state.ends = ends;
  if (!difference()) state.difference = 0;
  renderShelf();
  if (before) note();
}

async function copy() {
  const text = toAddress(state.run, asked(), nameOf(asFace()));
  window.history.replaceState(null, "", `#${text}`);
  try {
    await navigator.clipboard.writeText(text);
    say("Copied; the address of this page leads to the face, too.");
  } catch {
    askText("Copy this text", text, null);
  }
}

// Takes a face with its run and tags, as Copy gives it.  A face alone is of the run ``alone``: in
// addresses, which told no more once, the first.
function paste(text, alone = state.run) {
  const { run = alone, tags = null, word } = fromAddress(text), its = runs[run];
  const known = !tags || tags.every((name) => its && its.tags && its.tags.names.includes(name));
  const z = its && known ? fromText(word, its.net.inputs.z, its.z_distribution) : null;
  if (!z) return say("That is no face of this page's generators: paste a text that Copy gave.");
  if (run !== state.run || (tags && String(tags) !== String(asked()))) {
    if (tags) state.tags = new Set(tags);
    adopt(run);
  }
  const face = { z, name: word.startsWith("s") ? word : null };
  keep(face);
  choose(face);
  say("");
}

function askText(title, text, done) {
  const area = make("textarea", { "aria-label": title });
  area.value = text;
  const dialog = make("dialog", { onclose: () => dialog.remove() }, make("h2", {}, title), area,
    make("div", { class: "row" }, make("button", { type: "button", onclick: () => { dialog.close(); if (done) done(area.value); } }, done ? "Take it" : "Close")));
  document.body.append(dialog);
  dialog.showModal();
  area.select();
}

/* Files. */

function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  document.documentElement.dataset.saved = name;
  say(`Saved ${name}.`);
}

// Pictures side by side, each pixel ``times`` as wide.
function canvasOf(images, factor) {
  const side = images[0].width * factor;
  const whole = make("canvas", { width: side * images.length, height: side }), one = make("canvas", {});
  const context = whole.getContext("2d");
  context.imageSmoothingEnabled = false;
  images.forEach((image, i) => {
    show(one, image);
    context.drawImage(one, i * side, 0, side, side);
  });
  return whole;
}

const toBlob = (canvas) => new Promise((done) => canvas.toBlob(done, "image/png"));

async function savePng(factor) {
  const image = await draw(state.run, current(), "save");
  save(await toBlob(canvasOf([image], factor)), `face_${nameOf(asFace()).slice(0, 24)}_${image.width * factor}.png`);
}

/* The wall. */

const wall = make("div", { class: "wall", role: "group", "aria-label": "Faces" });
const seedInput = make("input", { type: "number", min: 0, max: 4294967295, step: 1, "aria-label": "Seed", onchange: () => goTo(Number(seedInput.value)) });
const strength = make("input", { type: "range", min: 0.05, max: 1, step: 0.05, value: state.strength, "aria-label": "How far variations go", onchange: () => { state.strength = Number(strength.value); renderWall(); } });
// Nearer to the middle of the latents faces are less varied, and fewer are broken.
const variety = make("input", { type: "range", min: 0.3, max: 1, step: 0.05, value: state.variety, "aria-label": "Variety", onchange: () => { state.variety = Number(variety.value); renderWall(); } });
const wallTitle = make("h2", {}), wallControls = make("div", { class: "row" });
// The share of the latents that the wall's are moved into; 1 moves none.
const steadiness = make("input", { type: "range", min: 0, max: 0.95, step: 0.05, value: 1 - state.steady, "aria-label": "Steadiness", onchange: () => { state.steady = 1 - Number(steadiness.value); renderWall(); } });
let shown = [];

function goTo(seed) {
  state.seed = Math.min(4294967295, Math.max(0, Math.floor(seed) || 0));
  state.around = null;
  state.count = WALL;
  renderWall();
}

function wallFaces() {
  if (!state.around) {
    const { steady, z_distribution: distribution } = of(), share = steady ? state.steady : 1;
    const all = latents(state.seed, state.count, size(), distribution);
    if (state.variety === 1 && share === 1) return all.map((z, i) => ({ z, name: `s${state.seed}.${i}` }));
    return all.map((z) => ({ z: toSteady(z.map((value) => state.variety * value), steady, share, distribution), name: null }));
  }
  const rng = new RandomState(state.seed);
  return Array.from({ length: state.count }, () => ({ z: vary(state.around.z, rng, state.strength, of().z_distribution), name: null }));
}

function renderWall() {
  drawing.drop("wall");
  seedInput.value = state.seed;
  wallTitle.textContent = state.around ? "Variations of the chosen face" : "Faces";
  wallControls.replaceChildren(...(state.around
    ? [make("label", {}, "near ", strength, " far"), make("button", { type: "button", onclick: () => { state.seed++; renderWall(); } }, "Others"), make("button", { type: "button", onclick: () => goTo(0) }, "Back to all faces")]
    : [make("button", { type: "button", "aria-label": "Previous seed", onclick: () => goTo(state.seed - 1) }, "‹"), make("label", {}, "Seed ", seedInput), make("button", { type: "button", "aria-label": "Next seed", onclick: () => goTo(state.seed + 1) }, "›"),
      make("button", { type: "button", onclick: () => goTo(Math.random() * 4294967296) }, "Surprise me"), make("label", {}, "alike ", variety, " varied"),
      ...(of().steady ? [make("label", {}, "as drawn ", steadiness, " steady")] : [])]));
  shown = wallFaces();
  wall.replaceChildren(...shown.map((face, i) => {
    const canvas = make("canvas", { width: of().size, height: of().size });
    paint(canvas, face.z, "wall");
    return make("button", { type: "button", "aria-label": `Keep face ${i + 1}`, onclick: () => { keep(face); choose(face); }, onkeydown: walkWall }, canvas);
  }));
  renderWallMarks();
}

function renderWallMarks() {
  const names = new Set(state.kept.map(nameOf));
  [...wall.children].forEach((tile, i) => tile.classList.toggle("kept", names.has(nameOf(shown[i]))));
}

function walkWall(event) {
  const tiles = [...wall.children], at = tiles.indexOf(event.currentTarget);
  const columns = tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
  if (!step || !tiles[at + step]) return;
  event.preventDefault();
  tiles[at + step].focus();
}

/* Kept faces, and what lies between two of them. */

const shelf = make("div", { class: "shelf" }), history = make("div", { class: "history" });
const between = make("canvas", { "aria-label": "Between the two" });
const position = make("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0.5, "aria-label": "From 1 to 2", oninput: paintMorph });
const path = make("select", { "aria-label": "Path", onchange: paintMorph }, make("option", { value: "slerp" }, "along the sphere"), make("option", { value: "lerp" }, "straight"));
const morph = make("section", { id: "morph" });
let playing = null;

function renderShelf() {
  const tiles = state.kept.map((face) => {
    const canvas = make("canvas", { width: of().size, height: of().size });
    paint(canvas, face.z, "shelf");
    return make("div", { class: "tile" },
      make("button", { type: "button", "aria-label": "Choose this face", onclick: () => choose(face) }, canvas),
      make("div", { class: "ends" },
        ...[0, 1].map((end) => make("button", { type: "button", "aria-pressed": String(state.ends[end] === face), title: `Morph ${end ? "to" : "from"} this face`, onclick: () => morphBetween(state.ends.map((other, i) => (i === end ? face : other))) }, String(end + 1))),
        make("button", { type: "button", "aria-label": "Drop", onclick: () => drop(face) }, "×")));
  });
  shelf.replaceChildren(...(tiles.length ? tiles : [make("p", { class: "quiet" }, "Touch faces below: they are kept here. Two of them can be morphed.")]));
  renderMorph();
  if (state.face) renderFace();
}

const morphZ = (t) => (path.value === "slerp" ? slerp : lerp)(...state.ends.map((end) => end.z), t);

function paintMorph() {
  if (difference()) paint(between, morphZ(Number(position.value)), "morph", true);
}

function renderMorph() {
  stop();
  morph.hidden = !difference();
  paintMorph();
}

const play = make("button", { type: "button", id: "play", onclick: () => (playing ? stop() : start()) }, "Play");

function start() {
  let step = Number(position.value) * 50;
  play.textContent = "Stop";
  const tick = async () => {
    const mine = playing;
    step = (step + 1) % 100;
    position.value = (step <= 50 ? step : 100 - step) / 50;
    await paint(between, morphZ(Number(position.value)), "morph", true);
    if (playing === mine) playing = setTimeout(tick, FRAME_MS);
  };
  playing = setTimeout(tick, 0);
}

function stop() {
  clearTimeout(playing);
  playing = null;
  play.textContent = "Play";
}

const morphFrames = (count) => Promise.all(Array.from({ length: count }, (_, i) => draw(state.run, morphZ(i / (count - 1)), "save")));

const enlarged = (image, factor) => canvasOf([image], factor).getContext("2d").getImageData(0, 0, image.width * factor, image.width * factor);

async function saveStrip() {
  save(await toBlob(canvasOf(await morphFrames(10), 1)), "morph.png");
}

async function saveGif() {
  say("Drawing the animation …");
  const there = (await morphFrames(FRAMES)).map((image) => enlarged(image, Math.max(1, Math.round(192 / image.width))));
  save(makeGif([...there, ...there.slice(1, -1).reverse()], FRAME_MS), "morph.gif");
}

function renderHistory() {
  undo.disabled = state.at <= 0;
  redo.disabled = state.at >= state.past.length - 1;
  history.replaceChildren(...state.past.map((step, i) => {
    const canvas = make("canvas", { width: of().size, height: of().size });
    paint(canvas, step.z, "history");
    return make("button", { type: "button", class: i === state.at ? "now" : "", "aria-label": `Back to face ${i + 1}`, onclick: () => travel(i) }, canvas);
  }));
}

/* The page. */

function about() {
  const { name, about: known, net } = of();
  const list = (pairs) => make("dl", {}, ...pairs.flatMap(([key, value]) => [make("dt", {}, key), make("dd", {}, value)]));
  const { times, workers } = drawing, mean = times.reduce((a, b) => a + b, 0) / times.length;
  const ms = times.length ? `${mean.toFixed(1)} ms a face here, ${workers.length} at a time` : "not yet";
  const dialog = make("dialog", { onclose: () => dialog.remove(), onclick: (event) => { if (event.target === dialog) dialog.close(); } },
    make("h2", {}, name), list([...known.facts, ["Weights here", net.precision], ["Drawing takes", ms]]),
    ...(known.scores.length ? [make("h2", {}, "Scores"), list(known.scores)] : []),
    make("p", {}, known.note),
    make("p", { class: "quiet" }, "Keys: arrows move over the faces, Enter keeps one; N and P give the next and previous seed, V variations, Ctrl+Z undoes, Ctrl+Y does again. A double click sets a slider back."),
    make("button", { type: "button", onclick: () => dialog.close() }, "Close"));
  document.body.append(dialog);
  dialog.showModal();
}

function adopt(run) {
  const before = size(), { z_distribution: distribution } = of();
  state.run = run;
  chooser.value = run;
  if (before !== size()) Object.assign(state, { kept: [], ends: [null, null], face: null });
  // A short name says how z is drawn: of another distribution it would be another face's.
  if (distribution !== of().z_distribution) [...state.kept, state.face].forEach((face) => { if (face) face.name = null; });
  Object.assign(state, { around: null, past: [], at: -1 });
  renderTags();
  choose(state.face || wallFaces()[0]);
  renderShelf();
  renderWall();
}

function variations() {
  state.around = asFace();
  state.count = WALL;
  renderWall();
  wall.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("textarea, input[type=number]") || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "z" || key === "y") {
      event.preventDefault();
      travel(state.at + (key === "y" || event.shiftKey ? 1 : -1));
    }
  } else if (key === "n") goTo(state.seed + 1);
  else if (key === "p") goTo(state.seed - 1);
  else if (key === "v") variations();
});
document.addEventListener("paste", (event) => {
  if (!event.target.matches("textarea, input")) paste(event.clipboardData.getData("text"));
});
window.addEventListener("hashchange", () => { if (location.hash.length > 1) paste(location.hash, 0); });

const button = (text, onclick, attributes = {}) => make("button", { type: "button", onclick, ...attributes }, text);
const chooser = make("select", { "aria-label": "Run", onchange: () => adopt(Number(chooser.value)) }, ...runs.map((run, i) => make("option", { value: i }, run.name)));
const side = () => `${of().size} px`;
morph.append(make("h2", {}, "Between 1 and 2"), make("div", { class: "morph" }, between, make("div", {},
  position,
  make("div", { class: "row" }, play, path, button("Keep this one", () => { const face = { z: Float32Array.from(morphZ(Number(position.value))), name: null }; keep(face); choose(face); })),
  make("div", { class: "row" }, button("Save strip", saveStrip), button("Save GIF", saveGif)))));
path.style.width = "auto";
document.getElementById("studio").append(
  make("header", {}, make("h1", {}, data.title), ...(runs.length > 1 ? [chooser] : []), button("About", about)),
  make("section", { class: "face", id: "face" }, large,
    make("div", { class: "row" }, undo, redo, button("Keep", () => keep(asFace())), button("Variations", variations)),
    make("div", { class: "row" }, button("Copy", copy), button("Paste", () => askText("Paste a face", "", paste)),
      button(`PNG ${side()}`, () => savePng(1), { id: "png" }), button("PNG large", () => savePng(Math.ceil(512 / of().size)))),
    said, pickers, sliders, make("details", {}, make("summary", { class: "quiet" }, "History"), history)),
  make("div", {},
    make("section", { id: "kept" }, make("h2", {}, "Kept"), shelf), morph,
    make("section", { id: "wall" }, wallTitle, wallControls, wall, make("div", { class: "row" }, button("More", () => { state.count += WALL; renderWall(); }))))
);
adopt(0);
if (location.hash.length > 1) paste(location.hash, 0);
document.documentElement.dataset.drawn = "yes";
