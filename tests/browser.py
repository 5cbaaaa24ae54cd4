"""A headless Chromium that tests can ask: over its debugging pipe, so that no driver need be installed."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
AXE = (ROOT / ".venv" / "node_modules" / "axe-core" / "axe.min.js", ROOT / "node_modules" / "axe-core" / "axe.min.js")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
AUDIT = """axe.run(document, {{preload: false, resultTypes: ['violations'], runOnly: {rules}}}).then(found =>
    found.violations.map(one => one.id + ': ' + one.nodes[0].html.slice(0, 200)))"""
FOCUSED = """(() => {
    const it = document.activeElement, box = it.getBoundingClientRect();
    const around = it => { const style = getComputedStyle(it);
        return parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== 'none'; };
    const ring = around(it) || around(it.closest('.afa-card') || it);
    return {tag: it.tagName, words: it.getAttribute('aria-label') || it.innerText || '', href: it.getAttribute('href'),
        ring: ring, seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight};
})()"""
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio")


def axe_script() -> str:
    """The script of axe-core, where it is installed; empty where not."""
    found = next(
        (path for path in (Path(os.environ.get("AFA_EVAL_AXE") or ROOT / "none"), *AXE) if path.is_file()), None
    )
    return "" if found is None else found.read_text(encoding="utf-8")


class Browser:
    """One browser with one page; use it as a context."""

    def __init__(self, program: str) -> None:
        """Start it with a profile of its own; it hears commands on its third pipe and answers on its fourth."""
        self._profile = tempfile.mkdtemp(prefix="afa-chromium-")
        hears, self._write = os.pipe()
        self._read, answers = os.pipe()
        script = f'exec 3<&{hears} 4>&{answers}; exec "$@"'
        command = [program, *FLAGS, f"--user-data-dir={self._profile}", "--remote-debugging-pipe", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command], pass_fds=(hears, answers), stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(hears)
        os.close(answers)
        self._buffer, self._number, self._session = b"", 0, ""
        self.events: list[dict[str, Any]] = []
        page = next(one for one in self.ask("Target.getTargets")["targetInfos"] if one["type"] == "page")
        attached = self.ask("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self._session = ""
            self.ask("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        for pipe in (self._write, self._read):
            os.close(pipe)
        shutil.rmtree(self._profile, ignore_errors=True)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What does the browser answer to a command of its protocol?"""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:  # a script can be longer than a pipe holds
            data = data[os.write(self._write, data) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def _next(self, seconds: float = 60.0) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, until - time.monotonic()))
            data = os.read(self._read, 1 << 20) if ready else b""
            if not data:
                raise TimeoutError("Chromium does not answer")
            self._buffer += data
        text, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(text)

    def open(self, page: Path, width: int = 1280, height: int = 900) -> None:
        """Show a page in a window of this width, and wait until it has loaded."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.events.clear()
        self.ask("Page.navigate", url=page.resolve().as_uri())
        while not any(one.get("method") == "Page.loadEventFired" for one in self.events):
            self.events.append(self._next())

    def run(self, script: str) -> Any:
        """What does a script on the page return?"""
        done = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise RuntimeError(str(done["exceptionDetails"]))
        return done["result"].get("value")

    def press(self, key: str = "Tab", *, shift: bool = False) -> None:
        """Press one key, as somebody without a mouse does."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27}[key]
        for kind in ("rawKeyDown", "keyUp"):
            self.ask(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, modifiers=8 * shift
            )

    def violations(self, axe: str) -> list[str]:
        """What does axe-core find on the page that its rules or ours forbid?"""
        self.run(f"{axe};0")
        return list(self.run(AUDIT.format(rules=json.dumps(RULES))))

    def tab_stops(self, most: int = 400) -> list[dict[str, Any]]:
        """Where does the Tab key lead, one after the other, until it leaves the page?"""
        stops: list[dict[str, Any]] = []
        for _ in range(most):
            self.press("Tab")
            here = self.run(FOCUSED)
            if here["tag"] == "BODY":
                return stops
            stops.append(here)
        return stops

    @property
    def overflow(self) -> int:
        """By how many pixels must one scroll sideways?"""
        return int(self.run("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def picture(self, path: Path) -> Path:
        """Take a picture of the whole page."""
        height = self.run("document.documentElement.scrollHeight")
        width = self.run("innerWidth")
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        data = self.ask("Page.captureScreenshot")["data"]
        path.write_bytes(base64.b64decode(data))
        return path

    @property
    def complaints(self) -> list[str]:
        """What did the page complain of since it was opened: script errors, warnings, files it could not get?"""
        said = []
        for event in self.events:
            parameters = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                said.append(str(parameters["exceptionDetails"].get("text")))
            elif event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] in {"error", "warning"}:
                said.append(str(parameters["entry"]["text"]))
            elif event.get("method") == "Runtime.consoleAPICalled" and parameters["type"] in {"error", "warning"}:
                said.append(str(parameters["args"]))
        return said

    @property
    def fetched(self) -> list[str]:
        """Which addresses has the page asked for since it was opened?"""
        sent = [one for one in self.events if one.get("method") == "Network.requestWillBeSent"]
        return [str(one["params"]["request"]["url"]) for one in sent]
