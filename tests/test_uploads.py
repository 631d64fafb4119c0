"""Files people send: within bounds whatever is said of them, of the type their bytes tell, and gone unless kept."""

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile

import pytest
from PIL import Image
from werkzeug.exceptions import ClientDisconnected
from werkzeug.http import parse_options_header
from werkzeug.wsgi import LimitedStream

from clinic.config import HOME
from clinic.uploads import Accepts, NoRoom, NotTaken, TooLarge, WrongType, download_headers, receive, safe_name

MOST = 200_000
PAPERS = Accepts(
    {"application/pdf": (".pdf",), "image/png": (".png",), "image/jpeg": (".jpg", ".jpeg"), "text/csv": (".csv",),
     "audio/mp4": (".m4a",)}, MOST,
)  # fmt: skip


def picture(kind):
    out = io.BytesIO()
    Image.new("RGB", (3, 3)).save(out, kind)
    return out.getvalue()


def packed(name="a.txt"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, "x")
    return out.getvalue()


PDF, PNG, JPEG, GIF = picture("PDF"), picture("PNG"), picture("JPEG"), picture("GIF")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XML = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
CSV = "name,born\r\nÓscar,1990-04-12\r\n".encode()
M4A = b"\x00\x00\x00\x20ftypM4A " + b"\x00" * 40
TAKEN = [
    ("letter.pdf", PDF, "application/pdf"), ("LETTER.PDF", PDF, "application/pdf"), ("scan.png", PNG, "image/png"),
    ("scan.jpeg", JPEG, "image/jpeg"), ("list.csv", CSV, "text/csv"), ("list.csv", b"\xef\xbb\xbf" + CSV, "text/csv"),
    ("list.csv", b"BMI,weight\r\n", "text/csv"), ("note.m4a", M4A, "audio/mp4"), ("letter", PDF, "application/pdf"),
    # A PDF that is also a page stays a PDF: it is only ever given back to be saved.
    ("both.pdf", PDF + HTML, "application/pdf"),
]  # fmt: skip
WRONG = [
    ("scan.pdf", PNG), ("scan.jpg", PNG), ("scan.png", JPEG), ("scan.png", GIF), ("scan.gif", GIF), ("letter.png", PDF),
    ("page.pdf", HTML), ("page.png", HTML), ("page.html", HTML), ("page.csv", HTML), ("page", HTML),
    ("both.pdf", HTML + PDF), ("both.png", HTML + PNG), ("drawing.svg", SVG), ("drawing.png", SVG),
    ("drawing.csv", SVG), ("drawing", SVG), ("drawing.pdf", XML), ("drawing.csv", XML),
    ("letter.docx", packed("word/document.xml")),
    ("letter.pdf", packed()), ("letter.zip", packed()), ("program.exe", b"MZ" + b"\x00" * 200),
    ("program.pdf", b"MZ" + b"\x00" * 200), ("program.pdf", b"\x7fELF" + b"\x00" * 200), ("script.pdf", b"#!/bin/sh\n"),
    ("list.csv", b"name\x00,born"), ("list.csv", b"name,\xff\xfe"), ("list.csv", b"\x1b[2Jname"), ("list.csv", PDF),
    ("list.csv", "name".encode("utf-16")), ("list.csv", b"cut off \xc3"), ("words.pdf", b"only words"), ("x.pdf", b"x"),
    ("late.pdf", b"\n" * 2000 + PDF), ("name.pdf.exe", PDF), ("end.png", b"not a picture" + b"IEND\xaeB`\x82"),
    ("end.jpg", JPEG + b"</svg>"),
]  # fmt: skip


def sent(content):
    return io.BytesIO(content)


@pytest.fixture
def left(tmp_path):
    """What is left in the folder of uploads."""
    return lambda: list(tmp_path.iterdir())


class TestType:
    @pytest.mark.parametrize(("name", "content", "media_type"), TAKEN, ids=[each[0] for each in TAKEN])
    def test_a_file_that_is_what_it_says_is_taken_with_its_size_and_hash(self, name, content, media_type):
        with receive(sent(content), name=name, accepts=PAPERS) as upload:
            assert (upload.media_type, upload.size) == (media_type, len(content))
            assert upload.sha256 == hashlib.sha256(content).hexdigest() and upload.file.read() == content
        assert upload.file.closed

    @pytest.mark.promise(33, f"{len(WRONG)} files that are not what they say they are: all refused, nothing left")
    @pytest.mark.parametrize(
        ("name", "content"), WRONG, ids=[f"{number}-{each[0]}" for number, each in enumerate(WRONG)]
    )
    def test_a_file_that_is_something_else_is_not(self, name, content, tmp_path, left):
        with pytest.raises(WrongType) as told, receive(sent(content), name=name, accepts=PAPERS, folder=tmp_path):
            pass
        assert told.value.status == 415 and left() == []

    def test_a_file_without_an_ending_gets_the_one_of_its_type(self):
        with receive(sent(JPEG), name="scan", accepts=PAPERS) as upload:
            assert upload.name == "scan.jpg"

    @pytest.mark.parametrize("active", ["image/svg+xml", "text/html", "application/xml"])
    def test_no_use_may_take_what_a_browser_runs(self, active):
        with pytest.raises(ValueError, match="browser would run"):
            Accepts({active: (".x",)}, MOST)


class TestBounds:
    @pytest.mark.promise(33, "one byte above the limit: 413, whatever length was announced")
    def test_as_many_bytes_as_the_limit_are_taken_and_not_one_more(self, tmp_path, left):
        content = PDF + b"\n" * (MOST - len(PDF))
        with receive(sent(content), name="a.pdf", accepts=PAPERS, folder=tmp_path) as upload:
            assert upload.size == MOST
        for announced in (None, 1, MOST + 1):
            with pytest.raises(TooLarge) as told:
                receive(
                    sent(content + b"\n"), name="a.pdf", accepts=PAPERS, announced=announced, folder=tmp_path
                ).__enter__()
            assert told.value.status == 413
        assert left() == []

    def test_it_stops_reading_at_the_limit(self):
        class Endless:
            given = 0

            def read(self, size):
                self.given += size
                return b"x" * size

        endless = Endless()
        with pytest.raises(TooLarge), receive(endless, name="a.pdf", accepts=PAPERS):
            pass
        assert endless.given < MOST + 2 * 65536

    def test_nothing_is_no_file(self):
        with pytest.raises(NotTaken, match="empty"), receive(sent(b""), name="a.pdf", accepts=PAPERS):
            pass

    def test_less_than_was_announced_did_not_arrive_whole(self):
        with pytest.raises(NotTaken, match="whole"):
            receive(sent(PDF), name="a.pdf", accepts=PAPERS, announced=len(PDF) + 1).__enter__()

    def test_a_clinic_keeps_no_more_than_it_has_room_for(self, tmp_path, left):
        with receive(sent(PDF), name="a.pdf", accepts=PAPERS, room=len(PDF)):
            pass
        with (
            pytest.raises(NoRoom) as told,
            receive(sent(PDF), name="a.pdf", accepts=PAPERS, room=len(PDF) - 1, folder=tmp_path),
        ):
            pass
        assert told.value.status == 507 and left() == []

    def test_a_full_disk_is_told_in_a_sentence(self, monkeypatch):
        full = os.open("/dev/full", os.O_RDWR)
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: os.fdopen(full, "r+b", buffering=0))
        with pytest.raises(NoRoom, match="no room"), receive(sent(PDF), name="a.pdf", accepts=PAPERS):
            pass

    def test_an_upload_that_breaks_off_leaves_nothing(self, tmp_path, left):
        broken = LimitedStream(sent(PDF[:100]), len(PDF))
        with pytest.raises(ClientDisconnected):
            receive(broken, name="a.pdf", accepts=PAPERS, folder=tmp_path).__enter__()
        assert left() == []

    def test_what_fails_after_it_was_taken_leaves_nothing_either(self, tmp_path, left):
        class Fault(Exception):
            pass

        def keep(upload):
            assert left() == [], "it has no name even while it is there"
            raise Fault

        with pytest.raises(Fault), receive(sent(PDF), name="a.pdf", accepts=PAPERS, folder=tmp_path) as upload:
            keep(upload)
        assert upload.file.closed and left() == []

    @pytest.mark.promise(33, "500 MB taken in")
    def test_half_a_gigabyte_takes_no_more_memory_than_a_piece(self, figure):
        program = """
import resource
from clinic.uploads import Accepts, receive
class Generated:
    left = 500 * 2**20
    def read(self, size):
        piece = (b"%PDF-1.7\\n" + bytes(size))[:min(size, self.left)] if self.left else b""
        self.left -= len(piece)
        return piece
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with receive(Generated(), name="a.pdf", accepts=Accepts({"application/pdf": (".pdf",)}, 500 * 2**20)) as upload:
    assert upload.size == 500 * 2**20
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
        ran = subprocess.run([sys.executable, "-c", program], cwd=HOME, capture_output=True, text=True, check=True)
        kilobytes = int(ran.stdout)
        assert kilobytes < 64 * 1024
        figure(f"memory grew by {kilobytes / 1024:.1f} MB")


NAMES = {
    "letter.pdf": "letter.pdf",
    "Überweisung Müller.pdf": "Überweisung Müller.pdf",
    "李.png": "李.png",
    "cafe\u0301.pdf": "café.pdf",
    "../../etc/passwd": "passwd",
    "C:\\Users\\x\\scan.pdf": "scan.pdf",
    "a\x00.pdf": "a.pdf",
    "a\r\nSet-Cookie: x.pdf": "aSet-Cookie_ x.pdf",
    "\u202egpj.exe": "gpj.exe",
    "a\u200bb\ufeff.pdf": "ab.pdf",
    "\ud800.pdf": "pdf",
    'a"b;c%d.pdf': "a_b_c_d.pdf",
    "CON": "_CON",
    "nul.pdf": "_nul.pdf",
    "com1.txt": "_com1.txt",
    "LPT³.txt": "_LPT³.txt",
    "console.pdf": "console.pdf",
    ".htaccess": "htaccess",
    "  a   b . ": "a b",
    "...": "file",
    "": "file",
    "x" * 300 + ".pdf": "x" * 116 + ".pdf",
    "x" * 300: "x" * 120,
    "👩\u200d⚕️.png": "👩\u200d⚕️.png",
}


class TestNames:
    @pytest.mark.parametrize(("typed", "safe"), NAMES.items(), ids=range(len(NAMES)))
    def test_a_name_is_made_safe_and_stays_readable(self, typed, safe):
        assert safe_name(typed) == safe and safe_name(safe) == safe
        assert len(safe.encode()) <= 255

    @pytest.mark.parametrize("typed", NAMES, ids=range(len(NAMES)))
    def test_a_file_is_given_back_under_it_to_be_saved_and_never_run(self, typed):
        headers = download_headers(typed)
        told = headers["Content-Disposition"]
        assert told.isascii() and told.isprintable()
        way, options = parse_options_header(told)
        assert (way, options["filename"]) == ("attachment", safe_name(typed))
        assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"]
