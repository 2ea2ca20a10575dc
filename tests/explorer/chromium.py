"""A real browser without a window: Chromium, steered through a pipe; no package is needed."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import time

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
_SECONDS = 60


class Chromium:
    """One tab. Requests for anything but files and data are noted in `requests`.

    Args:
        profile: Folder for the browser's own files.
        width: Width of the page in CSS pixels.
        height: Height.
        dark: Whether the reader prefers a dark page.
        scale: Device pixels a CSS pixel.
    """

    def __init__(self, profile, width=1440, height=900, *, dark=False, scale=1):
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()

        def at_their_places():
            # Copies first: one of the two may be where the other has to be.
            ours = os.dup(to_browser), os.dup(from_browser)
            os.dup2(ours[0], 3)
            os.dup2(ours[1], 4)

        command = [PROGRAM, "--headless=new", "--no-sandbox", "--remote-debugging-pipe"]
        command += ["--disable-gpu", "--no-first-run", f"--user-data-dir={profile}", "about:blank"]
        command += ["--disable-background-networking", "--disable-component-update"]
        self._process = subprocess.Popen(
            command, close_fds=False, preexec_fn=at_their_places,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_browser)
        os.close(from_browser)
        self._number, self._rest, self._session = 0, b"", None
        self.events, self.requests, self.errors = [], [], []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM", "Accessibility"):
            self.ask(f"{domain}.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": scale}
        self.ask("Emulation.setDeviceMetricsOverride", **size, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def ask(self, method, **parameters):
        """Sends a command of the DevTools protocol; returns its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        number = self._number
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            answer = self._next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)
        raise TimeoutError(method)

    def _next(self):
        while b"\0" not in self._rest:
            part = os.read(self._read, 2**20)
            if not part:
                raise RuntimeError("The browser ended")
            self._rest += part
        text, _, self._rest = self._rest.partition(b"\0")
        return json.loads(text)

    def _note(self, event):
        method, about = event.get("method"), event.get("params", {})
        self.events.append(event)
        if method == "Network.requestWillBeSent":
            url = about["request"]["url"]
            if not url.startswith(("file:", "data:", "blob:", "about:")):
                self.requests.append(url)
        if method == "Runtime.exceptionThrown":
            self.errors.append(about["exceptionDetails"])
        if method == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.errors.append(about["entry"]["text"])

    def eval(self, code):
        """The value of an expression in the page; a promise is waited for."""
        found = self.ask("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"])
        return found["result"].get("value")

    def open(self, path):
        """Opens a page from disk and waits until it is ready."""
        self.ask("Page.navigate", url=path.resolve().as_uri())
        self.wait("document.body?.dataset.ready === 'yes'")

    def wait(self, condition):
        until = time.monotonic() + _SECONDS
        while not self.eval(condition):
            if time.monotonic() > until:
                raise TimeoutError(f"{condition}; errors: {self.errors}")
            time.sleep(0.05)

    def settle(self):
        """Waits for two frames."""
        self.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def key(self, name, code=0, text=None, **more):
        base = {"key": name, "windowsVirtualKeyCode": code, **more}
        if text:
            base["text"] = text
        self.ask("Input.dispatchKeyEvent", type="keyDown", **base)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **base)
        self.settle()

    def screenshot(self, path, whole=False):
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        with contextlib.suppress(Exception):
            self._session = None
            self.ask("Browser.close")
        self._process.wait(timeout=20)
        os.close(self._read)
        os.close(self._write)
