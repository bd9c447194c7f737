"""Show a built site on this computer only."""

import contextlib
import functools
import http.server
import threading


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, quietly, with the types that browsers insist on."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".wasm": "application/wasm", ".mjs": "text/javascript"}

    def log_message(self, *_):
        """Say nothing."""


def server_for(folder, port=8000):
    """A server on 127.0.0.1 for a folder, at the first free port from ``port`` on; it does not serve yet.

    Parameters
    ----------
    folder : str or pathlib.Path
    port : int

    Returns
    -------
    http.server.ThreadingHTTPServer

    Examples
    --------
    >>> with server_for(".", 0) as server:
    ...     server.server_address[0]
    '127.0.0.1'
    """
    handler = functools.partial(Handler, directory=str(folder))
    for candidate in range(port, port + 20):
        try:
            return http.server.ThreadingHTTPServer(("127.0.0.1", candidate), handler)
        except OSError:
            continue
    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)


@contextlib.contextmanager
def serving(folder):
    """Serve a folder in the background while a ``with`` block runs, which gets its address.

    Examples
    --------
    >>> import urllib.request
    >>> with serving(".") as address:
    ...     urllib.request.urlopen(f"{address}/pyproject.toml").status
    200
    """
    with server_for(folder, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
