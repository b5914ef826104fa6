"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");

// Four digits; where that would take a row of zeros, a power of ten.
function number(value, digits = 4) {
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [mantissa, exponent] = value.toExponential(Math.min(digits, 3) - 1).split("e");
    const power = [...exponent.replace("+", "")].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
    return `${Number(mantissa)}×10${power}`;
  }
  return Number(value.toPrecision(digits)).toLocaleString("en", { maximumSignificantDigits: digits });
}
// Striped where the run's curves are dashed.
const swatch = (run) => make("i", { style: `background:${run.dash === "none" ? run.colour : `repeating-linear-gradient(90deg, ${run.colour} 0 3px, transparent 3px 5px)`}` });
const epochText = (epoch) => `epoch ${number(epoch, 4)}`;

function section(id, title, lead, ...children) {
  page.append(make("section", { id }, make("h2", {}, title), lead ? make("p", { class: "quiet" }, lead) : null, ...children));
}

// A row of buttons of which one is chosen.
function chips(names, label, choose) {
  const buttons = names.map((name, i) => make("button", { type: "button", "aria-pressed": String(i === 0), onclick: () => pick(i) }, name));
  function pick(chosen) {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === chosen));
    choose(chosen);
  }
  return make("div", { class: "chips", role: "group", "aria-label": label }, ...buttons);
}

// A picture that a tap enlarges to the window's size.
function picture(src, alt) {
  const image = make("img", { src, alt, decoding: "async", tabindex: 0, role: "button", title: "Enlarge",
    onclick: () => enlarge(image), onkeydown: (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      enlarge(image);
    } });
  return image;
}

function enlarge(image) {
  const dialog = make("dialog", { "aria-label": image.alt, onclick: () => dialog.close(), onclose: () => dialog.remove() },
    make("img", { src: image.src, alt: image.alt }), make("button", { type: "button" }, "Close"));
  document.body.append(dialog);
  dialog.showModal();
}

/* The top: title, what this is, the plate. */

function head() {
  const links = [["compare", "Compare"], ["curves", "Curves"], ["scores", "Scores"], ["looks", "Looks"], ["training", "Training faces"], ["settings", "Settings"]];
  page.append(
    make("header", {}, make("h1", {}, data.title), make("p", {}, data.lead),
      make("nav", { "aria-label": "Sections" }, ...links.map(([id, name]) => make("a", { href: `#${id}` }, name)))),
    make("div", { class: "two plate" }, ...data.runs.map((run) => make("figure", { class: "card" },
      picture(run.frames.at(-1).src, `25 generated faces of ${run.name}`),
      make("figcaption", {}, make("h3", {}, swatch(run), run.name), make("span", { class: "quiet" }, run.caption))))),
  );
}

/* Two runs side by side, at any epoch that was saved. */

function nearestFrame(run, epoch) {
  const distances = run.frames.map((frame) => Math.abs(frame.epoch - epoch));
  return distances.indexOf(Math.min(...distances));
}

function pane(index, moved) {
  let run = data.runs[Math.min(index, data.runs.length - 1)];
  const image = picture("", "");
  const select = make("select", { "aria-label": `Run ${index + 1}`, onchange: () => { const { epoch } = self; run = data.runs[select.value]; adopt(nearestFrame(run, epoch)); } },
    ...data.runs.map((other, i) => make("option", { value: i, selected: other === run }, other.name)));
  const slider = make("input", { type: "range", min: 0, step: 1, "aria-label": `Epoch of run ${index + 1}`, oninput: () => { show(); moved(self); } });
  const when = make("span", {}), score = make("span", { class: "quiet" });
  function show() {
    const frame = run.frames[slider.value];
    image.src = frame.src;
    image.alt = `${run.name}, ${epochText(frame.epoch)}: 25 faces of fixed z`;
    when.textContent = epochText(frame.epoch);
    slider.setAttribute("aria-valuetext", when.textContent);
    const kid = data.scores.find((row) => row.label === "KID");
    const at = kid && (run.scores[kid.name] || []).find(([epoch]) => Math.abs(epoch - frame.epoch) < 0.01);
    score.textContent = at ? `KID ${number(at[1], 3)}` : "";
  }
  function adopt(i) {
    slider.max = run.frames.length - 1;
    slider.value = i;
    show();
  }
  const self = {
    node: make("div", { class: "card pane" }, select, image, make("div", { class: "facts" }, when, score), slider),
    get epoch() { return run.frames[slider.value].epoch; },
    get last() { return Number(slider.value) === run.frames.length - 1; },
    goTo: (epoch) => adopt(nearestFrame(run, epoch)),
    step: () => adopt((Number(slider.value) + 1) % run.frames.length),
  };
  adopt(0); // the last is on the plate above
  return self;
}

function compare() {
  const linked = make("input", { type: "checkbox", checked: true });
  const moved = (from) => panes.forEach((other) => { if (linked.checked && other !== from) other.goTo(from.epoch); });
  const panes = [0, 1].map((i) => pane(i, moved));
  let timer = null;
  const play = make("button", { type: "button", onclick: () => {
    if (timer) stop();
    else { timer = setInterval(tick, 600); play.textContent = "Pause"; }
  } }, "Play the training");
  function stop() { clearInterval(timer); timer = null; play.textContent = "Play the training"; }
  function tick() { panes[0].step(); moved(panes[0]); if (panes[0].last) stop(); }
  section("compare", "Two runs side by side", "The same latents through the whole training. Choose runs, move the sliders.",
    make("div", { class: "controls" }, play, make("label", { class: "quiet" }, linked, " move both to the same epoch")),
    make("div", { class: "two" }, ...panes.map((p) => p.node)));
}

/* Curves of all runs on common axes. */

function ticks(low, high, count) {
  const raw = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const result = [];
  for (let t = Math.ceil(low / step) * step; t <= high + step / 1e6; t += step) result.push(Math.abs(t) < step / 1e6 ? 0 : t);
  return result;
}

function interpolate(points, x) {
  const after = points.findIndex(([epoch]) => epoch >= x);
  if (after <= 0) return after === 0 && points[0][0] === x ? points[0][1] : null;
  const [x0, y0] = points[after - 1], [x1, y1] = points[after];
  return y0 + (y1 - y0) * (x - x0) / (x1 - x0 || 1);
}

function chart(get, label, dots) {
  const height = 320, left = 52, right = 12, top = 14, bottom = 34;
  const box = make("div", { class: "chart" });
  const values = data.runs.map(() => make("span", {}));
  const legend = make("div", { class: "legend" }, ...data.runs.map((run, i) => make("span", {}, swatch(run), run.name, values[i])));
  function draw() {
    const width = Math.max(280, box.clientWidth);
    const lines = data.runs.map(get);
    const all = lines.flat();
    const highX = Math.max(...all.map(([x]) => x), 1e-9);
    let low = Math.min(...all.map(([, y]) => y)), high = Math.max(...all.map(([, y]) => y));
    const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    low = low >= 0 && low < (high - low) * 0.4 ? 0 : low - room;
    high += room;
    const x = (epoch) => left + (width - left - right) * epoch / highX;
    const y = (value) => height - bottom - (height - top - bottom) * (value - low) / (high - low);
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": `${label()} over epochs` });
    for (const t of ticks(low, high, 5)) {
      svg.append(make("line", { class: "grid", x1: left, x2: width - right, y1: y(t), y2: y(t) }),
        make("text", { x: left - 8, y: y(t) + 4, "text-anchor": "end" }, number(t, 3)));
    }
    for (const t of ticks(0, highX, width < 500 ? 4 : 8)) {
      svg.append(make("text", { x: x(t), y: height - bottom + 18, "text-anchor": "middle" }, number(t, 4)));
    }
    svg.append(make("text", { x: width - right, y: height - 2, "text-anchor": "end" }, "epoch"));
    lines.forEach((points, i) => {
      const run = data.runs[i];
      if (!points.length) return;
      const path = points.map(([epoch, value], n) => `${n ? "L" : "M"}${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`).join("");
      svg.append(make("path", { class: "curve", d: path, stroke: run.colour, "stroke-dasharray": run.dash }));
      if (dots || points.length === 1) svg.append(...points.map(([epoch, value]) => make("circle", { cx: x(epoch), cy: y(value), r: 3.5, fill: run.colour })));
      if (!dots) svg.append(...run.alarms.map((alarm) => marker(run, alarm, x(alarm.epoch), interpolate(points, alarm.epoch), y, top, height - bottom)));
    });
    const cursor = make("line", { class: "cursor", y1: top, y2: height - bottom, visibility: "hidden" });
    svg.append(cursor);
    svg.addEventListener("pointermove", (event) => {
      const place = (event.clientX - svg.getBoundingClientRect().left) * width / svg.getBoundingClientRect().width;
      const epoch = Math.min(highX, Math.max(0, (place - left) / (width - left - right) * highX));
      cursor.setAttribute("x1", x(epoch));
      cursor.setAttribute("x2", x(epoch));
      cursor.setAttribute("visibility", "visible");
      lines.forEach((points, i) => {
        const value = interpolate(points, epoch);
        values[i].textContent = value === null ? "" : `: ${number(value, 3)} at ${number(epoch, 3)}`;
      });
    });
    svg.addEventListener("pointerleave", () => {
      cursor.setAttribute("visibility", "hidden");
      values.forEach((value) => { value.textContent = ""; });
    });
    box.replaceChildren(svg);
  }
  new ResizeObserver(draw).observe(box);
  return { node: make("div", {}, box, legend), draw };
}

function marker(run, alarm, x, value, y, top, bottom) {
  const tip = value === null ? top + 12 : y(value) - 5;
  return make("g", { "data-alarm": alarm.iteration },
    make("title", {}, `${run.name}, ${epochText(alarm.epoch)}: ${alarm.message}`),
    make("line", { class: "alarm-line", x1: x, x2: x, y1: top, y2: bottom, stroke: run.colour }),
    make("path", { class: "alarm", d: `M${x} ${tip}l-7 -12h14z`, fill: run.colour }));
}

function curves() {
  let chosen = data.quantities[0];
  const card = make("div", { class: "card" });
  const drawn = chart((run) => run.series[chosen.key] || [], () => chosen.label, false);
  const alarms = data.runs.flatMap((run) => run.alarms.map((alarm) => make("li", {}, swatch(run), make("b", {}, `${run.name}, ${epochText(alarm.epoch)}`), ` (iteration ${alarm.iteration}): ${alarm.message}`)));
  const unwatched = data.runs.filter((run) => !run.watched).map((run) => run.name);
  if (unwatched.length) alarms.push(make("li", {}, `Trained without the watch for alarms: ${unwatched.join("; ")}.`));
  else if (!alarms.length) alarms.push(make("li", {}, "No alarm was raised: D did not win for good, and no generator collapsed."));
  card.append(drawn.node);
  section("curves", "The game, over epochs", "All runs on common axes; triangles are alarms.",
    chips(data.quantities.map((quantity) => quantity.label), "Quantity", (i) => { chosen = data.quantities[i]; drawn.draw(); }),
    card, make("ul", { class: "alarms" }, ...alarms));
}

/* Scores: the table of the last generators, and their way there. */

// On a telephone a row is folded: its name first, then a cell a run, named in each.
const cellOf = (run) => make("small", { class: "run" }, swatch(run), run.name);

function runHeads(corner) {
  return make("thead", {}, make("tr", {}, make("th", { scope: "col" }, corner),
    ...data.runs.map((run) => make("th", { scope: "col" }, swatch(run), run.algorithm, make("small", {}, run.set)))));
}

// The best of a row, for each data set by itself: scores against different images do not compare.
function bestCells(row) {
  const best = new Set();
  if (!row.better) return best;
  const known = data.runs.map((_, i) => i).filter((i) => row.cells[i]);
  for (const digest of new Set(data.runs.map((run) => run.digest))) {
    const group = known.filter((i) => data.runs[i].digest === digest);
    if (group.length < 2) continue;
    const value = Math[row.better === "high" ? "max" : "min"](...group.map((i) => row.cells[i].value));
    group.filter((i) => row.cells[i].value === value).forEach((i) => best.add(i));
  }
  return best;
}

function scoreTable() {
  const rows = data.scores.map((row) => {
    const best = bestCells(row);
    return make("tr", { class: row.shown ? "" : "more" },
      make("th", { scope: "row" }, row.label, { high: " ↑", low: " ↓" }[row.better] || "",
        row.note ? make("small", {}, row.note) : null,
        make("small", { class: "key" }, [row.base, `n ${row.n}`, row.extractor].filter((part) => part).join(", "))),
      ...row.cells.map((cell, i) => make("td", { class: best.has(i) ? "best" : "" }, cellOf(data.runs[i]),
        ...(cell ? [make("span", {}, number(cell.value)), cell.seeds > 1 ? " " : "", cell.seeds > 1 ? make("span", {}, `± ${number(cell.spread, 2)}`) : "",
          make("small", {}, cell.floor === null ? "no floor" : `floor ${number(cell.floor)}`)] : ["–"]))));
  });
  const folded = data.scores.filter((row) => !row.shown).length;
  const table = make("table", { class: "folded" }, runHeads("Score"), make("tbody", {}, ...rows));
  const said = (open) => (open ? "Show the chief scores only" : `Show the other ${folded} scores`);
  const button = make("button", { type: "button", "aria-expanded": "false", onclick: () => {
    const open = !table.classList.toggle("folded");
    button.setAttribute("aria-expanded", open);
    button.textContent = said(open);
  } }, said(false));
  return make("div", { class: "card table" }, table, folded ? make("div", { class: "fold" }, button) : null);
}

function scores() {
  const lead = "Of each run's last generator; an arrow says which way is better. The floor is the same score between real images and other real images: no generator is expected to do better. Bold is the best of the runs on the same images. ± is half the range over evaluation seeds.";
  if (!data.scores.length) {
    section("scores", "Scores", "These runs have not been judged yet: run experiments/evaluate.py on them.");
    return;
  }
  const tracked = data.scores.filter((row) => data.runs.some((run) => (run.scores[row.name] || []).length > 1));
  const parts = [scoreTable()];
  if (tracked.length) {
    let chosen = tracked[0];
    const drawn = chart((run) => run.scores[chosen.name] || [], () => chosen.label, true);
    parts.push(chips(tracked.map((row) => row.label), "Score", (i) => { chosen = tracked[i]; drawn.draw(); }), make("div", { class: "card" }, drawn.node));
  }
  section("scores", "Scores", lead, ...parts);
}

/* What each run's generator draws, at its best and worst, and between. */

function looks() {
  const stage = make("div", { class: "two" });
  function show(i) {
    const run = data.runs[i];
    stage.replaceChildren(...run.looks.map((look) => make("figure", { class: "card" }, picture(look.src, `${look.caption} (${run.name})`), make("figcaption", { class: "quiet" }, look.caption))));
  }
  show(0);
  section("looks", "Looking closer", null, chips(data.runs.map((run) => run.name), "Run", show), stage);
}

function training() {
  section("training", data.sheets_title, data.sheets_note, make("div", { class: "two plate" }, ...data.sheets.map((sheet) => make("figure", { class: "card" }, picture(sheet.src, sheet.caption), make("figcaption", { class: "quiet" }, sheet.caption)))));
}

function settings() {
  const said = (run, key) => key in run.settings ? String(run.settings[key]) : "–";
  const keys = [...new Set(data.runs.flatMap((run) => Object.keys(run.settings)))];
  const shared = keys.filter((key) => data.runs.every((run) => said(run, key) === said(data.runs[0], key)));
  const row = (runs) => (key) => make("tr", {}, make("th", { scope: "row" }, key), ...runs.map((run) => make("td", {}, runs.length > 1 ? cellOf(run) : null, said(run, key))));
  const differing = keys.filter((key) => !shared.includes(key)).map(row(data.runs));
  section("settings", "Settings", "As each run's settings.json has them; – is what an algorithm does not use.",
    differing.length ? make("div", { class: "table card" }, make("table", {}, runHeads("Where they differ"), make("tbody", {}, ...differing))) : null,
    make("details", { class: "table card" }, make("summary", {}, `The ${shared.length} that all runs share`),
      make("table", {}, make("tbody", {}, ...shared.map(row(data.runs.slice(0, 1)))))));
}

for (const part of [head, compare, curves, scores, looks, training, settings]) part();
document.documentElement.dataset.drawn = "yes";
