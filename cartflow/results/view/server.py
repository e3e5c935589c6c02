"""Serves the window to this machine alone: one page, what it shows as numbers, and no file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.results.view.page import page
from cartflow.results.view.shown import Shown

HOST = "127.0.0.1"
_KEYS = ("run", "field", "time", "across", "index")
_RULES = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"
)


class Window(ThreadingHTTPServer):
    """Answers for the results in `shown`, on the loopback address alone.

    `port` 0 takes any free one. Raises `OSError` where the port is taken.
    """

    daemon_threads = True

    def __init__(self, shown: Sequence[Shown], port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.shown = shown
        self.lock = Lock()

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{HOST}:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Window

    def do_GET(self) -> None:
        """Answer with the page, what a result holds, or a slice."""
        # A page of elsewhere may lead a browser here under another name.
        if self.headers.get("Host", "") not in self._names():
            self._refuse(HTTPStatus.FORBIDDEN, "only this machine's own address is served")
            return
        asked = urlsplit(self.path)
        try:
            with self.server.lock:
                kind, body = self._answer(asked.path, asked.query)
        except InputError as error:
            self._refuse(HTTPStatus.NOT_FOUND, str(error))
            return
        self._send(HTTPStatus.OK, kind, body)

    def _answer(self, path: str, query: str) -> tuple[str, bytes]:
        if path == "/":
            return "text/html; charset=utf-8", page().encode()
        if path == "/about":
            about = [shown.about() for shown in self.server.shown]
            return "application/json", json.dumps(about).encode()
        if path == "/slice":
            run, *place = _whole_numbers(query)
            if not 0 <= run < len(self.server.shown):
                raise InputError("run: there is no such result")
            limits, values = self.server.shown[run].slice(*place)
            return "application/octet-stream", np.array(limits, "<f8").tobytes() + values.tobytes()
        raise InputError("there is no such page")

    def _names(self) -> tuple[str, ...]:
        return tuple(f"{name}:{self.server.server_port}" for name in (HOST, "localhost"))

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        self._send(status, "text/plain; charset=utf-8", text.encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", _RULES),
            ("X-Content-Type-Options", "nosniff"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal quiet."""


def _whole_numbers(query: str) -> list[int]:
    given = parse_qs(query, max_num_fields=len(_KEYS))
    numbers = []
    for key in _KEYS:
        text = given.get(key, [""])[0]
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            msg = f"{key}: a whole number is needed"
            raise InputError(msg)
        numbers.append(int(text))
    return numbers
