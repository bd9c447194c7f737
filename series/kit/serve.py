"""Share a kit in the room's network: one line to type on each learner's computer."""

import errno
import functools
import html
import http.server
import re
import socket

from series.kit.use import KitError, both, read_manifest

GET = "/get"
PAGE = """<!doctype html><html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Kit</title>
<body style="font: 1.2rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem">
<h1>Kit</h1><p>Ketik di terminal (Windows: Command Prompt), dengan Python {python}:</p>
<p lang="en">Type in a terminal (Windows: Command Prompt), with Python {python}:</p>
<p>Windows: <code>{windows}</code></p><p>macOS, Linux: <code>{others}</code></p>
<p><a href="MULAI-DI-SINI.html">Mulai di sini</a> · <a href="START-HERE.html" lang="en" hreflang="en">Start here</a></p></body></html>
"""


def command_for(address, program):
    """The line that a learner types.

    >>> command_for("http://192.168.1.5:8000", "py")
    'py -c "import urllib.request as u;exec(u.urlopen(\\'http://192.168.1.5:8000/get\\').read())"'
    """
    return f"{program} -c \"import urllib.request as u;exec(u.urlopen('{address}{GET}').read())\""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the files of a kit, the page with the line to type, and what that line loads."""

    def __init__(self, *arguments, python, **options):
        self.python = python
        super().__init__(*arguments, **options)

    def own_address(self):
        """Say this computer's address as the learner's browser knows it."""
        host = self.headers.get("Host", "")
        return (
            f"http://{host}" if re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", host) else "http://{}:{}".format(*self.connection.getsockname()[:2])
        )

    def do_GET(self):
        """Answer with the page, the program, or a file."""
        address = self.own_address()
        if self.path == "/":
            lines = {"windows": command_for(address, f"py -{self.python}"), "others": command_for(address, f"python{self.python}")}
            page = PAGE.format(python=self.python, **{name: html.escape(line) for name, line in lines.items()})
            self.answer(page, "text/html; charset=utf-8")
        elif self.path == GET:
            with open(f"{self.directory}/install.py", encoding="utf-8") as file:
                self.answer(f"ADDRESS = {address!r}\n{file.read()}", "text/plain; charset=utf-8")
        else:
            super().do_GET()

    def answer(self, text, kind):
        """Send a text."""
        content = text.encode("utf-8")
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def list_directory(self, *_):
        """Refuse: the pages name what there is."""
        self.send_error(404)

    def log_message(self, *_):
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """A server that does not take over a port which another program listens on."""

    allow_reuse_address = False


def room_address():
    """Say this computer's address in the room's network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that belongs to nobody: only the route to it is asked for
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"


def server_for(folder, port, host=""):
    """A server for a kit on all addresses of this computer; it does not serve yet.

    Raises
    ------
    KitError
        The folder is no kit, or the port is taken.
    """
    targets = read_manifest(folder)["targets"]
    python = next(iter(targets.values()))["python"]
    handler = functools.partial(Handler, directory=str(folder), python=python)
    try:
        return Server((host, port), handler)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        other = port + 1 if 1024 <= port < 65535 else 8080  # those below 1024 are the system's
        raise KitError(
            both(
                f"Port {port} sudah dipakai program lain atau dilarang. Pakai port lain, misalnya: --port {other}",
                f"Another program uses port {port}, or it is forbidden. Use another one, for instance: --port {other}",
            )
        ) from error


def serve(folder, port):
    """Share a kit until Ctrl-C."""
    with server_for(folder, port) as server:
        address = f"http://{room_address()}:{server.server_address[1]}"
        python = server.RequestHandlerClass.keywords["python"]
        print(
            both(
                f"Kit dibagikan di {address}/ (Ctrl-C: selesai). Ketik di komputer peserta:",
                f"The kit is shared at {address}/ (Ctrl-C: stop). Type on the learner's computer:",
            )
        )
        print(
            f"  Windows:      {command_for(address, f'py -{python}')}\n  macOS, Linux: {command_for(address, f'python{python}')}",
            flush=True,
        )
        print(
            both(
                "Siapa pun di jaringan ini bisa membuka kit; pakai hanya di jaringan yang kamu percaya.",
                "Anybody in this network can open the kit; use it only in a network that you trust.",
            ),
            flush=True,
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
