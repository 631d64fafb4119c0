"""S3 for tests on loopback: moto's for what a bucket keeps, and a strict one for who may do what, where moto is lax.

The strict one recomputes every signature by the published rules and knows nothing of our code.
"""

import base64
import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

KEY_ID, SECRET, REGION, BUCKET = "AKIATESTS", "a secret of the tests", "eu-central-1", "documents"
TIME = "%Y%m%dT%H%M%SZ"


@contextmanager
def bucket_of_moto():
    """Yield DOCUMENTS_URL of an empty bucket, and a client that looks into it past the product."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        # What it keeps outlives its servers.
        urlopen(Request(f"{endpoint}/moto-api/reset", method="POST"), timeout=10).close()
        client = boto3.client(
            "s3", endpoint_url=endpoint, region_name=REGION, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}),
        )  # fmt: skip
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield f"s3://{BUCKET}?region={REGION}&endpoint={endpoint}", client
    finally:
        server.stop()


def signature(secret, day, region, text):
    """The hexadecimal signature of AWS's version 4 over a text."""
    key = f"AWS4{secret}".encode()
    for each in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, each.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode() if isinstance(text, str) else text, hashlib.sha256).hexdigest()


class Strict(BaseHTTPRequestHandler):
    """A bucket that takes signed posts and gives by signed addresses, to the letter, and nothing else."""

    objects: dict = {}

    def do_GET(self):
        """Give an object to whoever holds an address that is signed and still good; with the headers it names."""
        parts = urlsplit(self.path)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        given = asked.pop("X-Amz-Signature", "")
        canonical = "&".join(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(asked.items())
        )
        request = f"GET\n{parts.path}\n{canonical}\nhost:{self.headers['Host']}\n\nhost\nUNSIGNED-PAYLOAD"
        began = asked.get("X-Amz-Date", "19700101T000000Z")
        scope = f"{began[:8]}/{REGION}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{began}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        until = datetime.strptime(began, TIME).replace(tzinfo=UTC) + timedelta(
            seconds=int(asked.get("X-Amz-Expires", 0))
        )
        is_good = asked.get("X-Amz-Credential") == f"{KEY_ID}/{scope}"
        is_good = is_good and hmac.compare_digest(given, signature(SECRET, began[:8], REGION, text))
        if not is_good or datetime.now(UTC) > until or parts.path not in self.objects:
            return self._answer(403 if not is_good or datetime.now(UTC) > until else 404)
        told = {"response-content-disposition": "Content-Disposition", "response-content-type": "Content-Type"}
        return self._answer(200, self.objects[parts.path], {told[name]: asked[name] for name in told if name in asked})

    def do_POST(self):
        """Take what a form brings, if its policy is signed, still good, and true of every field and of the size."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = message_from_bytes(b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        fields, file = {}, b""
        for part in form.get_payload():
            name = part.get_param("name", header="content-disposition")
            if name == "file":
                file = part.get_payload(decode=True)
                break
            fields[name] = part.get_payload(decode=True).decode().rstrip("\r\n")
        if not self._fits(fields, file):
            return self._answer(403)
        self.objects[f"{urlsplit(self.path).path.rstrip('/')}/{fields['key']}"] = file
        return self._answer(204)

    def _fits(self, fields, file):
        text = fields.get("policy", "")
        day = fields.get("x-amz-date", "")[:8]
        if not hmac.compare_digest(fields.get("x-amz-signature", ""), signature(SECRET, day, REGION, text)):
            return False
        policy = json.loads(base64.b64decode(text))
        if datetime.fromisoformat(policy["expiration"]) < datetime.now(UTC):
            return False
        said = {"bucket": urlsplit(self.path).path.strip("/")} | {name.lower(): value for name, value in fields.items()}
        wanted = {}
        for each in policy["conditions"]:
            if isinstance(each, dict):
                wanted |= {name.lower(): value for name, value in each.items()}
            elif each[0] == "content-length-range" and not each[1] <= len(file) <= each[2]:
                return False
        rest = set(said) - set(wanted) - {"policy", "x-amz-signature", "bucket"}
        return not rest and all(said.get(name) == value for name, value in wanted.items())

    def _answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said):
        """Say nothing."""


@contextmanager
def strict_bucket():
    """Yield the endpoint of a strict bucket, and what is in it: {"/documents/key": bytes}."""
    handler = type("OneStrict", (Strict,), {"objects": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler.objects
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
