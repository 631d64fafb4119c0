"""A service for text messages on loopback, as strict about the wire format as the real one; its mood is told it."""

import base64
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ACCOUNT, TOKEN, NUMBER = "AC0123", "tw_token_test", "+15005550001"
# mood: (status, what the service says)
REFUSALS = {
    "bad_number": (400, {"code": 21211, "message": "Invalid 'To' number", "more_info": "", "status": 400}),
    "stopped": (400, {"code": 21610, "message": "Unsubscribed recipient", "more_info": "", "status": 400}),
    "busy": (429, {"code": 20429, "message": "Too Many Requests", "more_info": "", "status": 429}),
    "closed": (503, {"message": "Service unavailable", "status": 503}),
    "broken": (500, {"message": "Internal error", "status": 500}),
}


class Exchange:
    """What the service took; ``mood`` is well, hang_up, stall, nonsense or one of REFUSALS."""

    def __init__(self):
        self.mood, self.taken, self.tries = "well", [], 0
        self.over = threading.Event()


class _Line(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        exchange = self.server.exchange
        exchange.tries += 1
        wrong = self._wrong()
        if wrong:
            return self._say(wrong, {"code": 20001, "message": "bad request", "status": wrong})
        if exchange.mood in REFUSALS:
            return self._say(*REFUSALS[exchange.mood])
        form = {name: values[0] for name, values in self.form.items()}
        exchange.taken.append(form)
        if exchange.mood == "stall":
            exchange.over.wait(20)
        if exchange.mood in ("stall", "hang_up"):
            self.close_connection = True
            return None
        if exchange.mood == "nonsense":
            return self._say(201, ["not", "an", "object"])
        return self._say(201, {
            "sid": f"SM{len(exchange.taken):032x}", "account_sid": ACCOUNT, "status": "queued", "to": form["To"],
            "from": NUMBER, "body": form["Body"], "num_segments": "1", "direction": "outbound-api", "error_code": None,
            "error_message": None, "date_created": "Tue, 01 Dec 2026 08:00:00 +0000", "api_version": "2010-04-01",
        })  # fmt: skip

    def _wrong(self):
        """The status for what the real service would not take either; 0 for what it would."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.form = parse_qs(body, keep_blank_values=True, strict_parsing=True)
        secret = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return 404
        if self.headers["Authorization"] != f"Basic {secret}":
            return 401
        right = (
            self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            and set(self.form) == {"To", "From", "Body", "StatusCallback"}
            and re.fullmatch(r"\+[1-9][0-9]{6,14}", self.form["To"][0])
            and self.form["From"] == [NUMBER]
            and 0 < len(self.form["Body"][0]) <= 1600
            and self.form["StatusCallback"][0].startswith("http")
        )
        return 0 if right else 400

    def _say(self, status, said):
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def exchange():
    """Run the service on a free port; yields what it took and the SMS_URL that leads there."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Line)
    server.exchange, server.daemon_threads = Exchange(), True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.exchange, f"http://{ACCOUNT}:{TOKEN}@127.0.0.1:{server.server_address[1]}"
    finally:
        server.exchange.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
