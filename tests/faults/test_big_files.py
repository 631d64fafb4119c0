"""Large files, and whoever dies in the middle of one: memory stays small, nothing is half there, and it goes on.

500 MB with FAULTS=full or PROMISES=full; a few parts, and the quicker half of it, otherwise.
"""

import hashlib
import http.client
import json
import os
import signal
import socket
import time
from contextlib import contextmanager
from random import Random
from urllib.parse import urlsplit

import psutil
import pytest
import sqlalchemy as sa

from clinic.models.documents import LARGEST, PART, Document, DocumentState
from clinic.stored import storage
from clinic.work.handlers import run
from tests.documents import PDF, Sender, looked_through, only
from tests.faults.place import FULL, again, until
from tests.faults.worker import worker
from tests.integrations.buckets import KEY_ID, SECRET, bucket_of_moto
from tests.live_server import peak_of, served
from tests.visitor import Visitor

LARGE = FULL or os.environ.get("PROMISES") == "full"
SIZE = LARGEST if LARGE else 3 * PART + 1000
MOST_MEMORY = 64 * 2**20
IN_FULL = pytest.mark.skipif(not LARGE, reason="takes long: make faults")
FILM = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"
READY, CHECKING, SENDING = DocumentState.READY, DocumentState.CHECKING, DocumentState.SENDING


def piece(number, length=PART):
    """One part of the film, the same whenever it is asked for."""
    noise = Random(number).randbytes(length)
    return (FILM + noise)[:length] if number == 0 else noise


def pieces(size):
    for number in range(-(-size // PART)):
        yield piece(number, min(PART, size - number * PART))


class Line:
    """A signed-in browser over real HTTP, that sends bytes as they are."""

    def __init__(self, app, live, person):
        visitor = Visitor(app, person)
        cookie = visitor.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
        self.headers = {
            "Cookie": f"{cookie.key}={cookie.value}",
            "X-CSRFToken": visitor.csrf,
            "Accept": "application/json",
        }
        self.host = urlsplit(live.url).netloc

    def ask(self, method, path, body=None, **headers):
        """One request on a line of its own; its status and what it says."""
        line = http.client.HTTPConnection(self.host, timeout=280)
        try:
            line.request(method, path, body, {**self.headers, **headers})
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def begin(self, patient_id, size, name="film.mp4"):
        """Say that a file comes; where its parts go."""
        form = f"category=other&name={name}&size={size}"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, told = self.ask("POST", f"/staff/patients/{patient_id}/documents/begin", form, **kind)
        assert status == 200, told
        return json.loads(told)

    def part(self, told, offset, content):
        """Send one part."""
        kind = {"Content-Type": "application/octet-stream"}
        return self.ask("POST", f"{told['send']}?offset={offset}", content, **kind)

    def whole(self, told, size):
        """Send all that is missing."""
        here = json.loads(self.ask("GET", told["ask"])[1])["received"]
        for number, content in enumerate(pieces(size)):
            if number * PART >= here:
                status, said = self.part(told, number * PART, content)
                assert status == 200, said


@pytest.fixture(scope="module")
def live(app, server):
    with served(server.environment(), workers=1, threads=8, DATABASE_POOL="8") as running:
        yield running


@pytest.fixture
def line(app, live, cast):
    return Line(app, live, cast.amara)


def settled(session, wanted=READY):
    def looked():
        session.rollback()
        session.expire_all()
        return only(session).state == wanted

    return until(looked, 280)


def digest_of(size):
    hashed = hashlib.sha256()
    for content in pieces(size):
        hashed.update(content)
    return hashed.hexdigest()


class TestMemory:
    @pytest.mark.promise(33, "500 MB in parts: the web server's and the worker's memory grow by less than 64 MB")
    def test_a_file_in_parts_costs_little_memory_however_large_it_is(self, live, line, session, cast, figure):
        with worker(live) as busy:
            assert settled_small(line, session, cast)
            before = [psutil.Process(pid).memory_info().rss for pid in (*live.worker_pids(), busy.pid)]
            line.whole(line.begin(cast.tom.id, SIZE), SIZE)
            assert settled(session)
            grown = [peak_of(pid) - rss for pid, rss in zip((*live.worker_pids(), busy.pid), before, strict=True)]
        assert (only(session).file_size, only(session).sha256) == (SIZE, digest_of(SIZE))
        figure(f"{SIZE // 2**20} MB: web + {grown[0] // 2**20} MB, worker + {grown[1] // 2**20} MB")
        assert max(grown) < MOST_MEMORY

    @IN_FULL
    @pytest.mark.promise(33, "500 MB in one plain form: the web server's memory grows by less than 64 MB")
    def test_a_plain_form_costs_little_memory_too(self, app, live, session, cast, figure):
        line = Line(app, live, cast.amara)
        line.ask("GET", f"/staff/patients/{cast.tom.id}/documents")
        (pid,) = live.worker_pids()
        before = psutil.Process(pid).memory_info().rss
        head, tail = _form(line.headers["X-CSRFToken"])
        size = SIZE - 2000
        body = (each for each in (head, *pieces(size), tail))
        length = str(len(head) + size + len(tail))
        kind = {"Content-Type": "multipart/form-data; boundary=limit", "Content-Length": length}
        status, _said = line.ask("POST", f"/staff/patients/{cast.tom.id}/documents/add", body, **kind)
        assert status == 303
        grown = peak_of(pid) - before
        figure(f"{size // 2**20} MB: web + {grown // 2**20} MB")
        assert only(session).state == CHECKING and only(session).received == size
        assert grown < MOST_MEMORY


def settled_small(line, session, cast):
    """A small file first: what every process loads once is not counted. It is gone again."""
    line.whole(line.begin(cast.tom.id, 1000), 1000)
    done = settled(session)
    session.execute(sa.update(Document).values(deleted_at=sa.func.now()))
    session.commit()
    return done


def _form(token):
    fields = "".join(
        f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("csrf_token", token), ("category", "other"))
    )
    file = '--limit\r\nContent-Disposition: form-data; name="files"; filename="film.mp4"\r\n\r\n'
    return (fields + file).encode(), b"\r\n--limit--\r\n"


class TestKilled:
    def test_the_web_server_dies_in_the_middle_of_a_part(self, app, live, line, session, cast, figure):
        size = 2 * PART + 5000
        told = line.begin(cast.tom.id, size)
        assert line.part(told, 0, piece(0))[0] == 200
        _hang_up(line, told, session)
        with _half_a_part(line, told):
            (pid,) = live.worker_pids()
            until(lambda: _has_begun_to_read(pid), 5)
            os.kill(pid, signal.SIGKILL)
        seconds = again(live)
        session.rollback()
        assert (only(session).state, only(session).received) == (SENDING, PART)
        assert [each.key for each in storage().kept(only(session).part_keys)] == [only(session).part_key(1)]
        line.whole(told, size)
        looked_through(app, session, cast.rose.id)
        assert (only(session).state, only(session).sha256) == (READY, digest_of(size))
        figure(f"back after {seconds:.1f} s, and on from the second part")

    @IN_FULL
    def test_the_worker_dies_while_it_looks_through_a_file(self, app, live, line, session, cast, superuser):
        size = SIZE
        line.whole(line.begin(cast.tom.id, size), size)
        with worker(live) as busy:
            assert until(lambda: _in_hands(superuser), 60)
            busy.kill()
            busy.wait()
        session.rollback()
        if only(session).state == CHECKING:
            shown = Visitor(app, cast.amara)
            assert shown.open("staff.documents.download", document_id=only(session).id).status_code == 404
            session.rollback()
            args = {"clinic_id": str(cast.rose.id), "document_id": str(only(session).id)}
            run(app, "documents.check", args)
        session.rollback()
        session.expire_all()
        assert (only(session).state, only(session).sha256) == (READY, digest_of(size))
        with superuser.connect() as connection:
            connection.exec_driver_sql("DELETE FROM procrastinate_events; DELETE FROM procrastinate_jobs")


def _hang_up(line, told, session):
    """Somebody's line breaks in the middle of a part: what came of it is no part."""
    with _half_a_part(line, told):
        pass
    assert until(lambda: json.loads(line.ask("GET", told["ask"])[1])["received"] == PART)
    assert line.part(told, 2 * PART, b"x")[0] == 409
    session.rollback()
    assert [each.size for each in storage().kept(only(session).part_keys)] == [PART]


@contextmanager
def _half_a_part(line, told):
    """The second part on its way, of which only half is sent; at the end of the block the line is gone."""
    head = f"POST {told['send']}?offset={PART} HTTP/1.1\r\nHost: {line.host}\r\nContent-Length: {PART}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in line.headers.items())
    with socket.create_connection(line.host.split(":")) as torn:
        torn.sendall(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + piece(1)[: PART // 2])
        yield


def _has_begun_to_read(pid):
    return any(each.status == "ESTABLISHED" for each in psutil.Process(pid).net_connections()) and not time.sleep(0.1)


def _in_hands(superuser):
    with superuser.connect() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'").scalar()


def test_the_storage_goes_away_in_the_middle_and_comes_back(app, amara, session, cast, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    content, desk = PDF + b"%" * (PART + 10), Sender(amara, cast.tom.id)

    def use(url):
        app.extensions.pop("storage", None)
        monkeypatch.setitem(app.config, "DOCUMENTS_URL", url)

    with bucket_of_moto() as (url, _client):
        use(url)
        told = desk.begin("a.pdf", len(content), category="brief").json
        assert desk.part(told["send"], 0, content[:PART]).status_code == 200
        use("s3://documents?region=eu-central-1&endpoint=http://127.0.0.1:9")
        assert desk.part(told["send"], PART, content[PART:]).status_code == 503
        session.rollback()
        assert (only(session).state, only(session).received) == (SENDING, PART)
        use(url)
        assert desk.part(told["send"], PART, content[PART:]).status_code == 200
        use("s3://documents?region=eu-central-1&endpoint=http://127.0.0.1:9")
        with pytest.raises(Exception, match="Endpoint"):
            looked_through(app, session, cast.rose.id)
        session.rollback()
        assert only(session).state == CHECKING
        use(url)
        looked_through(app, session, cast.rose.id)
        assert (only(session).state, only(session).sha256) == (READY, hashlib.sha256(content).hexdigest())
    app.extensions.pop("storage", None)
