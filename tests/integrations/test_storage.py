"""Keeping files, in a folder and in a bucket: the same promises, and what only one of them has."""

import base64
import errno
import http.client
import io
import json
import os
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from clinic.integrations.storage import NotKept, StorageAway, checked, storage_of
from clinic.integrations.storage_s3 import Bucket
from clinic.uploads import NoRoom
from tests.integrations.buckets import BUCKET, KEY_ID, REGION, SECRET, bucket_of_moto, signature, strict_bucket


@pytest.fixture(scope="module")
def moto():
    with bucket_of_moto() as given, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
        environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        yield given


@pytest.fixture(params=["folder", "bucket"])
def storage(request, tmp_path):
    """One storage after the other, with nothing in it."""
    if request.param == "folder":
        return storage_of(tmp_path.as_uri())
    url, _client = request.getfixturevalue("moto")
    kept = storage_of(url)
    kept.delete([each.key for each in kept.kept()])
    return kept


@pytest.fixture
def key():
    return f"{uuid4()}/{uuid4()}/file"


class TestKeeping:
    def test_what_was_put_there_is_read_again_piece_by_piece(self, storage, key):
        storage.put(key, io.BytesIO(b"a picture"))
        with storage.open(key) as file:
            assert file.read(2) == b"a " and file.read(100) == b"picture" and file.read(5) == b""
        assert storage.size(key) == 9

    def test_put_again_it_is_the_new_one(self, storage, key):
        storage.put(key, io.BytesIO(b"old"))
        storage.put(key, io.BytesIO(b"new one"))
        with storage.open(key) as file:
            assert file.read(100) == b"new one"

    def test_what_is_not_there_is_said_so(self, storage, key):
        assert storage.size(key) is None
        with pytest.raises(NotKept):
            storage.open(key)
        storage.delete([key])

    def test_everything_below_a_beginning_is_listed_with_its_size_and_age(self, storage, key):
        place = key.removesuffix("file")
        for name in ("part-00001", "part-00002", "file"):
            storage.put(place + name, io.BytesIO(b"12345"))
        storage.put(f"{uuid4()}/{uuid4()}/file", io.BytesIO(b"another"))
        found = {each.key: each for each in storage.kept(f"{place}part-")}
        assert sorted(found) == [f"{place}part-00001", f"{place}part-00002"]
        first = found[f"{place}part-00001"]
        assert first.size == 5 and abs(first.at - datetime.now(UTC)) < timedelta(minutes=1)
        assert len(list(storage.kept())) == 4

    def test_what_is_deleted_is_gone_and_nothing_else(self, storage, key):
        other = f"{uuid4()}/{uuid4()}/file"
        storage.put(key, io.BytesIO(b"1"))
        storage.put(other, io.BytesIO(b"2"))
        storage.delete([key])
        assert [each.key for each in storage.kept()] == [other]

    def test_whoever_stops_in_the_middle_has_kept_nothing(self, storage, key):
        class Torn(io.RawIOBase):
            given = 0

            def read(self, size=-1):
                self.given += 1
                if self.given > 2:
                    raise ConnectionResetError("gone")
                return b"x" * max(size, 1)

        with pytest.raises((StorageAway, ConnectionResetError)):
            storage.put(key, Torn())
        assert storage.size(key) is None and list(storage.kept()) == []

    @pytest.mark.parametrize("bad", ["../../etc/passwd", "a/b/file", f"{UUID(int=1)}/{UUID(int=2)}/file/../x", ""])
    def test_only_keys_of_ours_become_a_path(self, bad):
        with pytest.raises(ValueError, match="no key"):
            checked(bad)


class TestFolder:
    def test_a_full_disk_is_said_so_and_leaves_nothing(self, tmp_path, key, monkeypatch):
        folder = storage_of(tmp_path.as_uri())

        def full(_handle):
            raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(NoRoom):
            folder.put(key, io.BytesIO(b"1"))
        assert [each for each in tmp_path.rglob("*") if each.is_file()] == []

    def test_what_was_left_unfinished_is_swept_after_a_while(self, tmp_path):
        folder = storage_of(tmp_path.as_uri())
        left = tmp_path / ".unfinished" / "left"
        left.parent.mkdir()
        left.write_bytes(b"x")
        assert folder.sweep(datetime.now(UTC) - timedelta(days=1)) == 0
        os.utime(left, (0, 0))
        assert folder.sweep(datetime.now(UTC) - timedelta(days=1)) == 1 and not left.exists()
        assert list(folder.kept()) == []

    def test_it_has_no_address_for_a_browser(self, tmp_path, key):
        folder = storage_of(tmp_path.as_uri())
        assert folder.link(key, headers={}, seconds=20) is None and folder.form(key, size=1, seconds=20) is None


class TestBucketAway:
    def test_a_bucket_that_does_not_answer_is_said_so(self, key, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        away = storage_of("s3://documents?region=eu-central-1&endpoint=http://127.0.0.1:9")
        for ask in (lambda: away.open(key), lambda: away.put(key, io.BytesIO(b"1")), lambda: away.size(key)):
            with pytest.raises(StorageAway):
                ask()

    def test_an_address_of_neither_kind_stops_the_program(self):
        for url in ("/a/folder", "file://host/folder", "s3:///", "https://bucket"):
            with pytest.raises(ValueError, match="DOCUMENTS_URL"):
                storage_of(url)


@pytest.fixture
def strict(monkeypatch):
    """A bucket that keeps to every letter, as the product speaks to it, and what is in it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with strict_bucket() as (endpoint, objects):
        yield Bucket(BUCKET, region=REGION, endpoint=endpoint), objects


def asked(url, method="GET", body=None, headers=()):
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        line.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path or "/", body, dict(headers))
        answer = line.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        line.close()


def posted(form, content, **changed):
    url, fields = form
    mark, out = "limit", []
    for name, value in {**fields, **changed}.items():
        out.append(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    out.append(f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'.encode() + content)
    body = b"".join(out) + f"\r\n--{mark}--\r\n".encode()
    return asked(url, "POST", body, {"Content-Type": f"multipart/form-data; boundary={mark}"})[0]


class TestSignedAddresses:
    def test_the_strict_bucket_reckons_as_the_published_example(self):
        policy = "eyJleHBpcmF0aW9uIjoiMjAyNi0xMi0wMVQwOTowMDowMFoiLCJjb25kaXRpb25zIjpbeyJidWNrZXQiOiJkb2NzIn1dfQ=="
        found = signature("y", "20261201", "us-east-1", policy)
        assert found == "c001ccffedf140645039eb34043e18f71168c66e19d9160f9b5de19bc8546914"

    @pytest.mark.promise(33, "a signed form takes this key and this many bytes, and nothing else")
    def test_a_signed_form_takes_one_key_and_one_size(self, strict, key):
        bucket, objects = strict
        form = bucket.form(key, size=5, seconds=60)
        assert posted(form, b"1234") == posted(form, b"123456") == 403
        assert posted(form, b"12345", key=f"{uuid4()}/{uuid4()}/file") == 403
        assert posted(form, b"12345", **{"x-amz-signature": "0" * 64}) == 403
        wider = json.loads(base64.b64decode(form[1]["policy"]))
        wider["conditions"] = [each for each in wider["conditions"] if not isinstance(each, list)]
        assert posted(form, b"123456", policy=base64.b64encode(json.dumps(wider).encode()).decode()) == 403
        assert objects == {}
        assert posted(form, b"12345") == 204 and objects == {f"/{BUCKET}/{key}": b"12345"}

    def test_a_signed_form_is_good_for_its_time_only(self, strict, key):
        bucket, objects = strict
        assert posted(bucket.form(key, size=1, seconds=-1), b"1") == 403 and objects == {}

    @pytest.mark.promise(34, "an address signed by the bucket's rules: changed or too old, it gives nothing")
    def test_a_signed_address_gives_one_file_for_a_while(self, strict, key):
        bucket, objects = strict
        objects[f"/{BUCKET}/{key}"] = b"a letter"
        objects[f"/{BUCKET}/{key[:-4]}page-1"] = b"another"
        headers = {"Content-Disposition": 'attachment; filename="a.pdf"', "Content-Type": "application/octet-stream"}
        link = bucket.link(key, headers=headers, seconds=60)
        status, body, told = asked(link)
        assert (status, body) == (200, b"a letter")
        assert (
            told["Content-Disposition"].startswith("attachment") and told["Content-Type"] == "application/octet-stream"
        )
        for changed in (link.replace("/file?", "/page-1?"), link.replace("attachment", "inline"), link[:-4] + "0000"):
            assert changed != link and asked(changed)[0] == 403
        assert asked(bucket.link(key, headers=headers, seconds=0).replace("Expires=0", "Expires=60"))[0] == 403
