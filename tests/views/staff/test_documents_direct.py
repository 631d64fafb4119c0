"""Documents straight from the browser to the bucket and back: the same promises, by addresses that live for seconds."""

import http.client
from urllib.parse import urlsplit

import pytest

from clinic.config import Config
from clinic.models.documents import PART, DocumentState
from tests.documents import PDF, Sender, looked_through, only
from tests.integrations.buckets import KEY_ID, SECRET, bucket_of_moto


@pytest.fixture
def bucket(app, monkeypatch):
    """The product keeps files in a bucket that browsers reach themselves; the client looks into it past the product."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with bucket_of_moto() as (url, client):
        app.extensions.pop("storage", None)
        monkeypatch.setitem(app.config, "DOCUMENTS_URL", url)
        monkeypatch.setitem(app.config, "DOCUMENTS_DIRECT", True)
        yield client
    app.extensions.pop("storage", None)


def posted(form, content):
    url, fields = form
    lines = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    lines.append('--x\r\nContent-Disposition: form-data; name="file"; filename="part"\r\n\r\n')
    body = "".join(lines).encode() + content + b"\r\n--x--\r\n"
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    line.request("POST", parts.path, body, {"Content-Type": "multipart/form-data; boundary=x"})
    status = line.getresponse().status
    line.close()
    return status


def test_a_file_goes_to_the_bucket_in_parts_and_is_seen_only_once_it_was_looked_through(
    bucket, app, amara, session, cast
):
    desk, content = Sender(amara, cast.tom.id), PDF + b"%" * (PART + 10)
    told = desk.begin("a.pdf", len(content), category="brief").json
    # Nothing came yet, whatever is said.
    assert desk.part(told["send"], 0, b"", kept=1).status_code == 400
    assert posted(told["form"], content[:PART]) == 204
    assert desk.part(told["send"], 0, b"", kept=1).json == {"received": PART}
    told = amara.open(told["ask"]).json
    assert posted(told["form"], content[PART:-1]) == 204
    assert desk.part(told["send"], PART, b"", kept=1).status_code == 400
    assert posted(told["form"], content[PART:]) == 204
    assert desk.part(told["send"], PART, b"", kept=1).status_code == 200
    session.rollback()
    assert only(session).state == DocumentState.CHECKING
    assert amara.open("staff.documents.download", document_id=only(session).id).status_code == 404
    looked_through(app, session, cast.rose.id)
    kept = bucket.get_object(Bucket="documents", Key=only(session).storage_key)["Body"].read()
    assert only(session).state == DocumentState.READY and kept == content


def test_a_page_may_reach_the_bucket_and_a_link_leads_there(bucket, app, amara, session, cast):
    policy = amara.open("staff.documents.index", patient_id=cast.tom.id).headers["Content-Security-Policy"]
    assert f"connect-src 'self' {bucket.meta.endpoint_url};" in policy
    desk = Sender(amara, cast.tom.id)
    desk.form(("a.pdf", PDF), category="brief")
    looked_through(app, session, cast.rose.id)
    link = amara.open("staff.documents.download", document_id=only(session).id).headers["Location"]
    answer = amara.open(link)
    assert answer.status_code == 303 and "X-Amz-Expires=20" in answer.headers["Location"]
    assert "attachment" in answer.headers["Location"] and amara.open(link + "x").status_code == 404


def test_only_a_bucket_can_be_reached_by_browsers():
    with pytest.raises(ValueError, match="needs a bucket"):
        Config(DATABASE_URL="postgresql://x", DOCUMENTS_URL="file:///tmp", DOCUMENTS_DIRECT=True)
