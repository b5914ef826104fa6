import base64
import io
import json
import re
from typing import NamedTuple

import chainer
import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.common.steadiness import move_to_steady
from chainer_gan_anime.export.layers import list_layers
from chainer_gan_anime.figures import studio
from chainer_gan_anime.figures.interpolation import lerp, slerp
from chainer_gan_anime.figures.studio import (
    chief_directions,
    describe_generator,
    face_text,
    write_studio,
)
from chainer_gan_anime.figures.studio.of_runs import make_studio
from chainer_gan_anime.figures.studio.pack import PRECISIONS, pack
from crawler.shared.errors import UserError
from tests.browser import WIDE, ask, needs_chromium
from tests.chainer_gan_anime.export.test_onnx_file import Residual, disturb, list_residual

ABOUT = {"facts": [("Data set", "drawn </script><b>")], "scores": [("KID", "0.1")], "note": "A."}
# What draws, which the page keeps to itself.
DRAWING = """
const script = document.createElement("script");
script.textContent = "window.drawing = drawing;";
document.head.append(script);
const { drawing } = window;
const free = (worker) => !worker.wish;
await until(() => drawing.workers.every(free));
"""
# Pixels of faces by their numbers on the wall.
PIXELS = """
const wall = () => all("#wall .wall canvas");
const pixels = (canvas) => [...canvas.getContext("2d").getImageData(0, 0, canvas.width,
  canvas.height).data];
const drawn = (canvas) => pixels(canvas)[3] === 255;
await until(() => wall().length && wall().every(drawn));
"""


@pytest.fixture
def gen(rng):
    return make_gen("A", "normal", rng)


def make_gen(variant, distribution, rng):
    gen = registry.GENERATORS[variant](
        image_size=16, ch=16, n_hidden=10, z_distribution=distribution, rng=rng
    )
    disturb(gen, rng)
    return gen


def page_of(tmp_path, gens, precision="float32"):
    described = [
        describe_generator(gen, f"net {i}", ABOUT, precision) for i, gen in enumerate(gens)
    ]
    write_studio(tmp_path / "studio.html", "A <title>", described)
    return (tmp_path / "studio.html").read_text(encoding="utf-8")


def faces(flat, size=16):
    """Return pixels of canvases as (N, 3, H, W)."""
    return np.array(flat, np.uint8).reshape(-1, size, size, 4)[..., :3].transpose(0, 3, 1, 2)


@needs_chromium
@pytest.mark.parametrize("variant", ["A", "B"])
@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_the_wall_has_the_faces_of_generate(tmp_path, rng, variant, distribution):
    gen = make_gen(variant, distribution, rng)
    page = page_of(tmp_path, [gen])
    script = """
        one("input[type=number]").value = 4294967291;
        one("input[type=number]").dispatchEvent(new window.Event("change"));
        await sleep(50);
        await until(() => wall().every(drawn));
        return wall().map(pixels);"""
    found = faces(ask(page, PIXELS + script, tmp_path))
    z = gen.make_hidden(48, np.random.RandomState(4294967291))
    differences = np.abs(found.astype(int) - generate(gen, z))
    # float32 against float32 in another order: a value on a rounding edge may fall either way
    assert differences.max() <= 1 and (differences > 0).mean() < 1e-3


@needs_chromium
def test_faces_of_packed_weights_differ_by_little(tmp_path, rng):
    gens = [make_gen("A", "uniform", rng)] * 2
    described = [
        describe_generator(gen, precision, ABOUT, precision)
        for gen, precision in zip(gens, ("int8", "float16"))
    ]
    write_studio(tmp_path / "studio.html", "Two", described)
    script = """
        const first = wall().map(pixels);
        one("header select").value = 1;
        one("header select").dispatchEvent(new window.Event("change"));
        await sleep(50);
        await until(() => wall().every(drawn));
        return [first, wall().map(pixels)];"""
    page = (tmp_path / "studio.html").read_text(encoding="utf-8")
    found = ask(page, PIXELS + script, tmp_path)
    expected = generate(gens[0], gens[0].make_hidden(48, np.random.RandomState(0))).astype(int)
    int8, float16 = (np.abs(faces(one).astype(int) - expected) for one in found)
    assert int8.mean() < 1 and int8.max() <= 16  # of 255, in a net as narrow as this
    assert float16.mean() < 0.05 and float16.max() <= 1


@needs_chromium
def test_random_numbers_paths_and_texts_are_numpys(tmp_path, gen, rng):
    page = page_of(tmp_path, [gen])
    script = """
        const w = window;
        const draws = (seed, kind) => w.latents(seed, 40, 30, kind).map((z) => [...z]);
        const [a, b] = w.latents(7, 2, 30, "normal");
        const z = w.fromText(w.toText(a), 30, "normal");
        return {
          uniform: draws(0, "uniform"), normal: draws(123456789, "normal"),
          slerp: [...w.slerp(a, b, 0.3)], lerp: [...w.lerp(a, b, 0.3)],
          text: w.toText(a), back: [...z], a: [...a],
          wall: [...w.fromText("page.html#s7.1", 30, "normal")],
          b: [...b], refused: ["s7", "zAAAA", "s99999999999.0", "z!", ""].map((text) =>
            w.fromText(text, 30, "normal")),
        };"""
    found = ask(page, script, tmp_path)
    uniform = np.random.RandomState(0).uniform(-1, 1, (40, 30)).astype("f")
    np.testing.assert_array_equal(np.array(found["uniform"], "f"), uniform)
    normal = np.random.RandomState(123456789).normal(size=(40, 30)).astype("f")
    np.testing.assert_allclose(np.array(found["normal"], "f"), normal, rtol=2e-7)
    a, b = np.random.RandomState(7).normal(size=(2, 30)).astype("f")
    np.testing.assert_allclose(found["slerp"], slerp(a, b, [0.3])[0], atol=1e-6)
    np.testing.assert_allclose(found["lerp"], lerp(a, b, [0.3])[0], atol=1e-6)
    np.testing.assert_allclose(found["back"], a, atol=1 / 8000)
    assert found["text"] == face_text(a)
    assert found["wall"] == found["b"] and found["refused"] == [None] * 5


@needs_chromium
def test_keep_morph_move_undo_and_save(tmp_path, gen):
    page = page_of(tmp_path, [gen])
    script = """
        let saved = null;
        window.URL.createObjectURL = (blob) => { saved = blob; return "#"; };
        const large = one(".large");
        const buttons = (text) => all("button").filter((node) => node.textContent === text)[0];
        const settle = async () => { await sleep(120); };
        const bytes = async () => [...new Uint8Array(await saved.arrayBuffer())];
        const found = {};
        await settle();
        wall()[3].parentNode.click();
        await settle();
        found.chosen = pixels(large);
        wall()[5].parentNode.click();
        await settle();
        found.kept = all("#kept .tile").length;
        found.morph = !one("#morph").hidden;
        found.middle = pixels(one("#morph canvas"));
        const slider = one(".sliders input");
        slider.value = 1;
        slider.dispatchEvent(new window.Event("input"));
        slider.dispatchEvent(new window.Event("change"));
        await settle();
        found.moved = pixels(large);
        found.range = Number(slider.value);
        const key = (name, more) => one("body").dispatchEvent(
          new window.KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));
        key("z", { ctrlKey: true });
        await settle();
        found.undone = pixels(large);
        buttons("PNG 16 px").click();
        await until(() => saved);
        found.png = await bytes();
        saved = null;
        buttons("Save strip").click();
        await until(() => saved);
        found.strip = await bytes();
        saved = null;
        buttons("Save GIF").click();
        await until(() => saved);
        found.gif = await bytes();
        buttons("Play").click();
        await sleep(400);
        found.playing = pixels(one("#morph canvas"));
        buttons("Stop").click();
        key("n");
        await settle();
        found.seed = one("input[type=number]").value;
        buttons("Variations").click();
        await settle();
        await until(() => wall().every(drawn));
        found.near = wall().map(pixels);
        buttons("About").click();
        found.about = one("dialog").textContent;
        return found;"""
    found = ask(page, PIXELS + script, tmp_path)
    z = gen.make_hidden(48, np.random.RandomState(0)).reshape(48, -1)

    def near(flat, latents):
        expected = generate(gen, np.asarray(latents, "f")).astype(int)
        return np.abs(faces(flat) - expected).max() <= 1

    assert found["kept"] == 2 and found["morph"]
    assert near(found["chosen"], z[3:4])
    assert near(found["middle"], slerp(z[3], z[5], [0.5]))
    direction = chief_directions(list_layers(gen))[0].round(5)
    assert found["range"] > 0.5
    assert near(found["moved"], (z[5] + found["range"] * direction)[None])
    assert near(found["undone"], z[5:6])

    def opened(name):
        return Image.open(io.BytesIO(bytes(found[name])))

    png = np.asarray(opened("png").convert("RGB")).transpose(2, 0, 1)
    assert np.abs(png.astype(int) - generate(gen, z[5:6])[0]).max() <= 1
    strip = np.asarray(opened("strip").convert("RGB"))
    assert strip.shape == (16, 160, 3)
    expected = generate(gen, slerp(z[3], z[5], np.linspace(0, 1, 10)))
    expected = expected.transpose(2, 0, 3, 1).reshape(16, 160, 3)
    assert np.abs(strip.astype(int) - expected).max() <= 1
    gif = opened("gif")
    assert gif.size == (192, 192) and gif.n_frames == 78 and gif.info["loop"] == 0
    gif.seek(20)
    middle = generate(gen, slerp(z[3], z[5], [20 / 39]))[0].transpose(1, 2, 0).astype(int)
    frame = np.asarray(gif.convert("RGB"))[::12, ::12].astype(int)
    assert np.abs(frame - middle).mean() < 12  # 256 colours for all frames
    assert found["playing"] != found["middle"]
    assert found["seed"] == "1"
    distances = np.abs(faces(found["near"]).astype(int) - generate(gen, z[5:6])).mean(
        axis=(1, 2, 3)
    )
    assert (
        0 < distances.mean() < np.abs(generate(gen, z).astype(int) - generate(gen, z[5:6])).mean()
    )
    assert "drawn </script><b>" in found["about"] and "KID" in found["about"]


@needs_chromium
def test_a_face_drawn_late_is_not_shown_over_its_successor(tmp_path, gen):
    script = """
        const slider = one(".sliders input");
        const [first] = drawing.workers, answer = first.itself.onmessage;
        first.itself.onmessage = (event) => window.setTimeout(() => answer(event), 400);
        const asked = drawing.times.length;
        for (const value of [-1, 1]) {
          slider.value = value;
          slider.dispatchEvent(new window.Event("input"));
        }
        await until(() => drawing.times.length === asked + 2 && drawing.workers.every(free));
        const { hardwareConcurrency } = window.navigator;
        return { shown: pixels(one(".large")), value: Number(slider.value),
                 workers: drawing.workers.length, hardwareConcurrency };"""
    found = ask(page_of(tmp_path, [gen]), PIXELS + DRAWING + script, tmp_path)
    assert found["workers"] == min(4, found["hardwareConcurrency"])
    z = gen.make_hidden(1, np.random.RandomState(0)).reshape(1, -1)
    moved = z + found["value"] * chief_directions(list_layers(gen))[0].round(5)
    expected = generate(gen, moved.astype("f")).astype(int)
    assert found["value"] > 0.5
    assert np.abs(faces(found["shown"]) - expected).max() <= 1


@needs_chromium
def test_what_is_looked_at_is_drawn_before_a_wall_and_an_animation(tmp_path, gen):
    # The order in which faces are begun: which of two workers is done first is not the page's.
    script = """
        const begun = [];
        for (const worker of drawing.workers) {
          const post = worker.itself.postMessage.bind(worker.itself);
          worker.itself.postMessage = (message) => {
            if (message.inputs) begun.push(worker.wish.group);
            post(message);
          };
        }
        for (const group of [...Array(12).fill("wall"), ...Array(12).fill("save"), "face"])
          drawing.draw(0, new Float32Array(10), new Float32Array(0), group);
        await until(() => begun.length === 25);
        return { begun, workers: drawing.workers.length };"""
    found = ask(page_of(tmp_path, [gen]), PIXELS + DRAWING + script, tmp_path)
    n_before = found["workers"]  # one each, as none has anything to do yet
    walls = ["wall"] * (12 - n_before)
    assert found["begun"] == ["wall"] * n_before + ["face"] + ["save"] * 12 + walls


@needs_chromium
def test_less_variety_draws_nearer_to_the_middle(tmp_path, gen):
    script = """
        await until(() => wall().every(drawn));
        const variety = one("[aria-label=Variety]");
        const set = async (value) => {
          variety.value = value;
          variety.dispatchEvent(new window.Event("change"));
          await until(() => wall().every(drawn));
          return wall().map(pixels);
        };
        const found = { half: await set(0.5) };
        wall()[3].parentNode.click();
        await sleep(120);
        found.chosen = pixels(one(".large"));
        found.whole = await set(1);
        return found;"""
    found = ask(page_of(tmp_path, [gen]), PIXELS + script, tmp_path)
    z = gen.make_hidden(48, np.random.RandomState(0)).reshape(48, -1)
    half, whole = generate(gen, z / 2).astype(int), generate(gen, z).astype(int)
    assert np.abs(half - whole).max() > 1
    assert np.abs(faces(found["half"]) - half).max() <= 1
    assert np.abs(faces(found["chosen"]) - half[3:4]).max() <= 1
    assert np.abs(faces(found["whole"]) - whole).max() <= 1


@needs_chromium
@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_the_wall_begins_steady_where_the_direction_is_known(tmp_path, rng, distribution):
    gen = make_gen("A", distribution, rng)
    direction = rng.normal(size=10)
    direction = (direction / np.linalg.norm(direction)).round(5)
    described = describe_generator(gen, "net", ABOUT, "float32", steady=direction)
    write_studio(tmp_path / "studio.html", "Steady", [described])
    script = """
        const shown = async () => {
          await until(() => wall().every(drawn));
          return wall().map(pixels);
        };
        const set = async (name, value) => {
          const input = one(`[aria-label=${name}]`);
          input.value = value;
          input.dispatchEvent(new window.Event("change"));
          return shown();
        };
        const found = { first: pixels(one(".large")), steady: await shown() };
        found.steadier = await set("Steadiness", 0.9);
        found.alike = await set("Variety", 0.5);
        await set("Variety", 1);
        found.plain = await set("Steadiness", 0);
        return found;"""
    page = (tmp_path / "studio.html").read_text(encoding="utf-8")
    found = ask(page, PIXELS + "await sleep(120);" + script, tmp_path)
    z = gen.make_hidden(48, np.random.RandomState(0)).reshape(48, -1)
    for name, latents in {
        "steady": move_to_steady(gen, z, direction, 0.3),
        "steadier": move_to_steady(gen, z, direction, 0.1),
        "alike": move_to_steady(gen, z / 2, direction, 0.1),
        "plain": z,
    }.items():
        expected = generate(gen, latents).astype(int)
        differences = np.abs(faces(found[name]) - expected)
        assert differences.max() <= 1 and (differences > 0).mean() < 2e-3, name
    np.testing.assert_array_equal(faces(found["first"])[0], faces(found["steady"])[0])


@needs_chromium
def test_a_face_comes_back_by_the_address(tmp_path, gen):
    page = page_of(tmp_path, [gen])
    found = ask(
        page,
        PIXELS + "await sleep(150); return pixels(one('.large'));",
        tmp_path,
        fragment="#s9.2",
    )
    z = gen.make_hidden(3, np.random.RandomState(9))[2:]
    assert np.abs(faces(found).astype(int) - generate(gen, z)).max() <= 1


def make_tagged(distribution, rng):
    gen = registry.GENERATORS["A"](
        image_size=16, ch=16, n_hidden=10 + 3, z_distribution=distribution, rng=rng
    )
    disturb(gen, rng)
    gen.n_hidden, gen.vocabulary = 10, Tags()
    return gen


@needs_chromium
def test_the_address_tells_run_and_tags_too(tmp_path, gen, rng):
    other = make_tagged("normal", rng)
    page = page_of(tmp_path, [gen, other])
    script = """
        const settle = () => sleep(150);
        const now = () => [one("header select").value, pixels(one(".large"))];
        const go = async (address) => { window.location.hash = address; await settle(); };
        await settle();
        const found = { opened: now(), tags: one("#tags select").value };
        all("button").filter((node) => node.textContent === "Copy")[0].click();
        await settle();
        found.copied = window.location.hash;
        await go("#s9.2");
        found.old = now();
        await go("#1/hat/s9.2");
        found.unknown = now();
        await go("#7//s9.2");
        found.refused = one(".said").textContent;
        await go(found.copied);
        found.again = now();
        window.paste("s9.1");
        await settle();
        found.pasted = now();
        return found;"""
    address = "#1/blue_hair,smile/s9.2"
    found = ask(page, PIXELS + script, tmp_path, fragment=address)
    z = gen.make_hidden(3, np.random.RandomState(9)).reshape(3, -1)
    tagged = np.concatenate([z, np.tile(np.float32([-1, 1, 1]), (3, 1))], axis=1)
    assert found["copied"] == address and found["tags"] == "blue_hair"
    assert "no face of this page" in found["refused"]
    for name, run, image in (
        ("opened", 1, generate(other, tagged[2:])),
        ("old", 0, generate(gen, z[2:])),
        ("unknown", 0, generate(gen, z[2:])),
        ("again", 1, generate(other, tagged[2:])),
        ("pasted", 1, generate(other, tagged[1:2])),
    ):
        at, shown = found[name]
        assert at == str(run), name
        assert np.abs(faces(shown).astype(int) - image).max() <= 1, name


@needs_chromium
def test_a_short_name_is_not_kept_where_it_means_another_face(tmp_path, rng):
    gens = [make_gen("A", distribution, rng) for distribution in ("uniform", "normal")]
    script = """
        wall()[3].parentNode.click();
        await sleep(100);
        const copy = all("button").filter((node) => node.textContent === "Copy")[0];
        copy.click();
        const first = window.location.hash, select = one("header select");
        select.value = 1;
        select.dispatchEvent(new window.Event("change"));
        await sleep(150);
        copy.click();
        const { word } = window.fromAddress(window.location.hash);
        const z = [...window.fromText(word, 10, "normal")];
        return { first, second: window.location.hash, z, shown: pixels(one(".large")) };"""
    found = ask(page_of(tmp_path, gens), PIXELS + script, tmp_path)
    z = gens[0].make_hidden(4, np.random.RandomState(0)).reshape(4, -1)[3]
    assert found["first"] == "#0//s0.3" and found["second"].startswith("#1//z")
    np.testing.assert_allclose(found["z"], z, atol=1 / 8000)
    expected = generate(gens[1], z[None]).astype(int)
    assert np.abs(faces(found["shown"]) - expected).max() <= 1


@needs_chromium
def test_history_knows_between_which_faces_a_step_was_made(tmp_path, gen):
    script = """
        const large = one(".large");
        const press = async (node) => { node.click(); await sleep(100); };
        const step = (i) => press(all(".history button")[i]);
        const tile = (i, name) => all("#kept .tile")[i].querySelector(name);
        for (const i of [3, 5, 7]) await press(wall()[i].parentNode);
        const slider = all(".sliders input").at(-1);
        slider.value = 1;
        slider.dispatchEvent(new window.Event("input"));
        slider.dispatchEvent(new window.Event("change"));
        await sleep(100);
        const at = all(".history button").length - 1;
        const found = { made: pixels(large) };
        await press(all("#kept .tile")[2].querySelectorAll(".ends button")[1]);  // 3 to 7 now
        found.other = pixels(large);
        await press(one("#undo"));
        found.undone = pixels(large);
        await press(tile(1, "[aria-label=Drop]"));
        found.dropped = pixels(large);
        found.kept = [all("#kept .tile").length];
        await step(at);
        found.back = pixels(large);
        found.kept.push(all("#kept .tile").length);
        found.thumbnail = pixels(all(".history canvas")[at]);
        return found;"""
    found = ask(page_of(tmp_path, [gen]), PIXELS + script, tmp_path)
    z = gen.make_hidden(8, np.random.RandomState(0)).reshape(8, -1)
    assert found["kept"] == [2, 3]
    for name, latent in {
        "made": z[7] + z[5] - z[3],
        "other": z[7] + z[7] - z[3],
        "undone": z[7] + z[5] - z[3],
        "dropped": z[7],
        "back": z[7] + z[5] - z[3],
        "thumbnail": z[7] + z[5] - z[3],
    }.items():
        expected = generate(gen, latent[None].astype("f")).astype(int)
        assert np.abs(faces(found[name]) - expected).max() <= 1, name


@needs_chromium
@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_window(tmp_path, gen, width):
    page = page_of(tmp_path, [gen, gen], "int8")
    script = """
        wall()[3].parentNode.click();
        wall()[5].parentNode.click();
        await sleep(200);
        return { wide: WIDE, title: document.title, heading: one("h1").textContent };"""
    found = ask(page, (PIXELS + script).replace("WIDE", WIDE), tmp_path, width=width)
    assert found == {"wide": [], "title": "A <title>", "heading": "A <title>"}


@needs_chromium
def test_sums_pixels_from_channels_and_inputs_side_by_side(tmp_path, rng):
    gen = Residual(rng)
    disturb(gen, rng)
    packed = pack(list_residual(gen), "float32")
    inputs = {"z": rng.randn(5).astype("f"), "tags": rng.randn(3).astype("f")}
    page = page_of(tmp_path, [make_gen("A", "normal", rng)])
    given = json.dumps([packed, {key: value.tolist() for key, value in inputs.items()}])
    script = f"""
        // In the wrapper's scope, since the page lets no text become code.
        const run = new Function("net", "inputs", one("#net").textContent
          + "; return run(unpack(net), inputs)");
        const [net, inputs] = {given};
        for (const name in inputs) inputs[name] = Float32Array.from(inputs[name]);
        return [...run(net, inputs).data];"""
    found = np.array(ask(page, script, tmp_path), "f").reshape(1, 3, 8, 8)
    with chainer.using_config("train", False):
        expected = gen(inputs["z"][None], inputs["tags"][None]).array
    np.testing.assert_allclose(found, expected, atol=1e-5)


class Tags(NamedTuple):
    """What the studio reads of a vocabulary."""

    names: tuple = ("red_hair", "blue_hair", "smile")
    groups: dict = {"hair": ("red_hair", "blue_hair")}  # noqa: RUF012
    singles: tuple = ("smile",)


@needs_chromium
def test_tags_are_picked(tmp_path, rng):
    gen = make_tagged("normal", rng)
    page = page_of(tmp_path, [gen])
    script = """
        const none = wall().map(pixels);
        const select = one("#tags select");
        select.value = "blue_hair";
        select.dispatchEvent(new window.Event("change"));
        one("#tags input").click();
        await sleep(50);
        await until(() => wall().every(drawn));
        const options = [...select.options].map((option) => option.textContent);
        return { none, asked: wall().map(pixels), options };"""
    found = ask(page, PIXELS + script, tmp_path)
    assert found["options"] == ["any hair", "red hair", "blue hair"]
    z = np.random.RandomState(0).normal(size=(48, 10)).astype("f")
    for key, tags in (("none", [-1, -1, -1]), ("asked", [-1, 1, 1])):
        joined = np.concatenate([z, np.tile(np.float32(tags), (48, 1))], axis=1)
        assert np.abs(faces(found[key]).astype(int) - generate(gen, joined)).max() <= 1


def test_chief_directions_change_the_first_layer_most(gen):
    directions = chief_directions(list_layers(gen), 4)
    weight = gen.l0.W.array * (gen.bn0.gamma.array / np.sqrt(gen.bn0.avg_var + 2e-5))[:, None]
    lengths = np.linalg.norm(weight @ directions.T, axis=0)
    assert (np.diff(lengths) <= 0).all()
    assert lengths[0] == pytest.approx(np.linalg.norm(weight, 2), rel=1e-4)
    np.testing.assert_allclose(directions @ directions.T, np.eye(4), atol=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_packed_weights_are_near_what_they_were(gen, precision):
    packed = pack(list_layers(gen), precision)
    layers = list_layers(gen).list
    data, at = base64.b64decode(packed["data"]), 0
    for (_, _, sizes), (operation, _, has) in zip(packed["layers"], layers):
        if "weight" not in has:
            continue
        weight = has["weight"]
        weight = weight.swapaxes(0, 1) if operation == "deconvolution" else weight
        assert sizes["weight"] == weight.shape
        bias = np.frombuffer(data, "<f4", len(weight), at)
        np.testing.assert_array_equal(bias, has["bias"])
        at += bias.nbytes
        if precision == "int8":
            scales = np.frombuffer(data, "<f4", len(weight), at)
            at += scales.nbytes
        kind = {"int8": "i1", "float16": "<f2", "float32": "<f4"}[precision]
        found = np.frombuffer(data, kind, weight.size, at).reshape(weight.shape).astype("f")
        at += -(-found.size * np.dtype(kind).itemsize // 4) * 4
        if precision == "int8":
            scales = scales.reshape(-1, *[1] * (weight.ndim - 1))
            assert (np.abs(found * scales - weight) <= scales * 0.501).all()
        else:
            np.testing.assert_allclose(
                found, weight, rtol=1e-3 if precision == "float16" else 0, atol=1e-6
            )
    assert at == len(data)


def test_nothing_comes_from_the_network(tmp_path, gen):
    page = page_of(tmp_path, [gen])
    addresses = set(re.findall(r"https?://[^\s\"')`]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page and "$" + "net" not in page


def test_a_studio_of_runs(trained_folders, tmp_path):
    size = make_studio(trained_folders, tmp_path / "s.html", "int8", {"white": "on white"})
    page = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert size == len(page.encode())
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])
    assert [one["name"] for one in data["generators"]] == ["DRAGAN, on white", "SN-GAN, coloured"]
    facts = dict(data["generators"][0]["about"]["facts"])
    assert facts["Images"] == "60" and facts["Epochs"] == "1" and facts["ch"] == "8"


def test_what_cannot_be_written_is_said(trained_folders, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="cannot be written"):
        make_studio(trained_folders, tmp_path)
    monkeypatch.setattr(studio, "MAX_BYTES", 1000)
    with pytest.raises(UserError, match="a page can hold 0 MB: give fewer runs"):
        make_studio(trained_folders, tmp_path / "s.html")
    assert list(tmp_path.iterdir()) == []
