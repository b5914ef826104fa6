"""Opens a page in headless Chromium in a frame of a given width, and asks it questions.

The page and a wrapper around it come from a server of this process; the wrapper runs the test's
script against the page's window and sends back what it found.  So nothing depends on virtual
time, and a frame can be as narrow as a telephone, which a window cannot.
"""

import json
import queue
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

FLAGS = "headless no-sandbox disable-gpu disable-quic no-first-run disable-sync"
FLAGS += " disable-background-networking disable-component-update mute-audio"

WRAPPER = """<!doctype html><meta charset="utf-8">
<style>body { margin: 0 } iframe { border: 0 }</style>
<iframe src="/page%(fragment)s" style="width: %(width)dpx; height: 900px"></iframe>
<script type="module">
const frame = document.querySelector("iframe");
// For the test's script, as the functions in ``ask`` are.
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const until = async (test) => {
  for (const end = Date.now() + 40000; !test(); await sleep(20)) {
    if (Date.now() > end) throw new Error(`waited in vain for ${test}; ${seen.errors}`);
  }
};
const seen = { errors: [] };
async function ask() {
  await until(() => frame.contentWindow.location.href !== "about:blank"
    && frame.contentDocument.readyState === "complete");
  const window = frame.contentWindow, document = frame.contentDocument;
  window.addEventListener("error", (event) => seen.errors.push(event.message));
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  %(script)s
}
let answer;
try { answer = { found: await ask(), errors: seen.errors }; }
catch (error) { answer = { failed: String(error.stack) }; }
await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
</script>"""

# Elements that reach beyond a frame of this width: the page would scroll sideways.
WIDE = """all("body *").filter((node) => node.getBoundingClientRect().right > WIDTH + 0.5)
  .map((node) => `${node.tagName} ${node.getAttribute("class")}`)"""


def ask(page, script, tmp_path, width=1280, fragment="", timeout=90, flags=()):
    """Return what a script finds in a page.

    Args:
        page: HTML.
        script: Body of an asynchronous function that returns what JSON can hold; it has the
            page's ``window`` and ``document``, ``one`` and ``all`` for selectors, ``sleep``
            and ``until``, and ``WIDTH``.
        tmp_path: Folder for Chromium's profile.
        width: Of the frame, in pixels.
        fragment: Of the page's address, with its ``#``.
        timeout: Seconds to wait.
        flags: Further flags of Chromium.
    """
    answers = queue.Queue()
    wrapper = WRAPPER % dict(
        width=width, fragment=fragment, script=script.replace("WIDTH", str(width))
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = {"/": wrapper, "/page": page}.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((body or "").encode())

        def do_POST(self):
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [CHROMIUM, *(f"--{flag}" for flag in [*FLAGS.split(), *flags])]
    command += [f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width + 40},1000"]
    # A debugging port keeps the headless browser open until it is ended.
    command += ["--remote-debugging-port=0", f"http://127.0.0.1:{server.server_port}/"]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        raise AssertionError(f"no answer from {CHROMIUM} within {timeout} s") from None
    finally:
        browser.terminate()
        browser.wait(20)
        server.shutdown()
        server.server_close()
    assert "failed" not in answer, answer["failed"]
    assert answer["errors"] == [], answer["errors"]
    return answer["found"]
