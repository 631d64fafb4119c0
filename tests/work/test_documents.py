"""What the worker does with files: looks through each before anybody sees it, and finds what does not belong."""

import hashlib
import io
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from PIL import Image

from clinic.actions import documents as verbs
from clinic.actions import erasures
from clinic.actions.acting import Actor
from clinic.models.documents import Document, DocumentProblem, DocumentState
from clinic.queries.checking import findings
from clinic.queries.documents import one
from clinic.stored import storage
from clinic.work import documents_kept
from clinic.work.handlers import run
from tests.documents import PDF, Sender, looked_through, only, picture
from tests.integrations.buckets import KEY_ID, SECRET, bucket_of_moto

S = DocumentState


@pytest.fixture(params=["folder", "bucket"])
def kept_in(request, app, tmp_path, monkeypatch):
    """One storage after the other."""

    def use(url):
        app.extensions.pop("storage", None)
        monkeypatch.setitem(app.config, "DOCUMENTS_URL", url)

    if request.param == "folder":
        use(tmp_path.as_uri())
        yield
    else:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        with bucket_of_moto() as (url, _client):
            use(url)
            yield
    app.extensions.pop("storage", None)


@pytest.fixture
def desk(amara, cast):
    return Sender(amara, cast.tom.id)


@pytest.fixture
def worked(app, session, cast):
    return lambda: looked_through(app, session, cast.rose.id)


def keys(document):
    return sorted(each.key.rpartition("/")[2] for each in storage().kept(f"{document.clinic_id}/{document.id}/"))


def content(key):
    with storage().open(key) as file:
        return file.read(10_000_000)


def with_a_place(kind):
    """A picture that says where it was taken, in every way its kind has."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Canon of Maya", 6
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 26.0)
    out, picture = io.BytesIO(), Image.new("RGB", (40, 20), (10, 200, 30))
    more = {"exif": exif.tobytes()} if kind != "TIFF" else {"exif": exif}
    if kind == "JPEG":
        more |= {"comment": b"Canon of Maya", "xmp": b"<x:xmpmeta>Canon of Maya</x:xmpmeta>"}
    picture.save(out, kind, **more)
    return out.getvalue()


class TestPictures:
    @pytest.mark.promise(33, "places, names and comments in pictures of four kinds: gone, the picture upright")
    @pytest.mark.parametrize(
        ("kind", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp"), ("TIFF", "a.tif")]
    )
    def test_a_picture_is_kept_without_where_it_was_taken(self, desk, worked, session, kind, name):
        sent = with_a_place(kind)
        assert b"Canon of Maya" in sent
        desk.form((name, sent), category="picture")
        worked()
        document = only(session)
        kept = content(document.storage_key)
        assert (
            b"Canon" not in kept
            and document.sha256 == hashlib.sha256(kept).hexdigest() != hashlib.sha256(sent).hexdigest()
        )
        assert document.file_size == len(kept) == document.received and document.preview_pages == 1
        again = Image.open(io.BytesIO(kept))
        assert again.size == (20, 40) and not again.getexif().get_ifd(0x8825)
        assert b"Canon" not in content(document.page_key(1))

    def test_a_picture_that_wants_to_be_huge_or_is_torn_is_refused(self, desk, worked, session):
        huge = io.BytesIO()
        Image.new("1", (10_000, 7_000)).save(huge, "PNG")
        desk.form(("huge.png", huge.getvalue()), ("torn.jpg", picture("JPEG", (600, 600))[:700]), category="picture")
        worked()
        assert {each.problem for each in session.scalars(sa.select(Document))} == {DocumentProblem.NOT_A_PICTURE}

    def test_a_damaged_pdf_is_kept_as_it_came_with_nothing_to_look_at(self, desk, worked, session):
        desk.form(("a.pdf", PDF[:60] + b"\x00" * 100), category="brief")
        worked()
        assert (only(session).state, only(session).preview_pages) == (S.READY, 0)


class TestBothStorages:
    def test_a_file_is_kept_with_its_pages_and_without_its_parts(self, kept_in, desk, worked, session):
        desk.sent("letter.pdf", PDF, category="brief")
        desk.sent("scan.png", picture(), category="brief")
        worked()
        for document in session.scalars(sa.select(Document)):
            assert document.state == S.READY and keys(document) == ["file", "page-1"]
            assert hashlib.sha256(content(document.storage_key)).hexdigest() == document.sha256

    def test_killed_before_it_could_say_so_it_is_looked_through_again(
        self, kept_in, desk, worked, session, monkeypatch
    ):
        desk.sent("letter.pdf", PDF, category="brief")

        def killed(*_given, **_facts):
            raise KeyboardInterrupt

        with monkeypatch.context() as torn:
            torn.setattr(verbs, "accept", killed)
            with pytest.raises(KeyboardInterrupt):
                worked()
        session.rollback()
        assert only(session).state == S.CHECKING and "part-00001" in keys(only(session))
        worked()
        assert only(session).state == S.READY and keys(only(session)) == ["file", "page-1"]
        worked()

    def test_rows_without_a_file_and_files_without_a_row_are_found(
        self, kept_in, app, desk, worked, session, cast, amara
    ):
        for name in ("a", "b"):
            desk.sent(f"{name}.pdf", PDF, category="brief", title=name)
        worked()
        lost, kept = session.scalars(sa.select(Document).order_by(Document.title)).all()
        bytes_of_it = content(lost.storage_key)
        storage().delete([lost.storage_key])
        nobodys = [f"{cast.rose.id}/{uuid4()}/file", f"{uuid4()}/{uuid4()}/part-00001", kept.part_key(7)]
        for key in nobodys:
            storage().put(key, io.BytesIO(b"x"))
        self._night(app, session)
        # All of it is young: it may belong to what is just being done.
        assert all(storage().size(key) == 1 for key in nobodys)
        session.expire_all()
        assert (lost.state, lost.problem, kept.state) == (S.REFUSED, DocumentProblem.LOST, S.READY)
        told = [finding.rule.number for finding in findings(session.connection())]
        session.rollback()
        assert told == ["I15"]
        session.enter(cast.scope)
        assert "missing in the storage" in amara.open("staff.documents.index", patient_id=cast.tom.id).text
        storage().put(lost.storage_key, io.BytesIO(bytes_of_it))
        self._night(app, session, later=True)
        session.expire_all()
        assert (lost.state, lost.problem, kept.state) == (S.READY, None, S.READY)
        assert not any(storage().size(key) for key in nobodys)
        assert keys(lost) == ["file", "page-1"] == keys(kept)

    @staticmethod
    def _night(app, session, later=False):
        session.rollback()
        with pytest.MonkeyPatch.context() as clock:
            if later:
                # As though two days had passed since the files were put there.
                clock.setattr(documents_kept, "SETTLED", -timedelta(days=2))
            run(app, "documents.reconcile", {})
        session.rollback()


class TestWhatStopped:
    def test_what_nobody_sent_on_for_a_day_is_given_up(self, app, desk, session, superuser):
        told = desk.begin("a.pdf", 5 * 2**20, category="brief").json
        self._aged(superuser, "25 hours")
        run(app, "documents.sweep", {})
        session.expire_all()
        assert (only(session).state, only(session).problem) == (S.REFUSED, DocumentProblem.INCOMPLETE)
        assert desk.part(told["send"], 0, b"x" * (4 * 2**20)).status_code == 409

    def test_what_a_worker_left_behind_is_looked_through(self, app, desk, session, superuser):
        desk.form(("a.pdf", PDF), category="brief")
        with superuser.connect() as connection:
            connection.exec_driver_sql("DELETE FROM procrastinate_events; DELETE FROM procrastinate_jobs")
        self._aged(superuser, "11 minutes")
        run(app, "documents.sweep", {})
        session.rollback()
        jobs = session.execute(sa.text("SELECT task_name FROM procrastinate_jobs")).scalars().all()
        assert jobs == ["documents.check"]

    def test_a_part_that_is_missing_makes_the_file_incomplete(self, desk, session, worked):
        desk.form(("a.pdf", PDF), category="brief")
        session.rollback()
        storage().delete([only(session).part_key(1)])
        worked()
        assert (only(session).state, only(session).problem) == (S.REFUSED, DocumentProblem.INCOMPLETE)

    @staticmethod
    def _aged(superuser, age):
        """As though nothing had happened to it for so long."""
        with superuser.connect() as connection:
            connection.exec_driver_sql("SET session_replication_role = replica")
            connection.exec_driver_sql(f"UPDATE documents SET updated_at = now() - interval '{age}'")
            connection.exec_driver_sql("SET session_replication_role = origin")


class TestErasing:
    def test_erased_with_the_record_the_files_are_gone(self, app, desk, session, worked, cast, ines):
        desk.form(("a.pdf", PDF), category="brief", title="Secret")
        worked()
        document = only(session)
        where, key = (document.clinic_id, document.id), document.storage_key
        patient = session.get(type(cast.tom), (cast.rose.id, cast.tom.id))
        erasures.repeat(patient, by=Actor(clinic_id=cast.rose.id, role="operator"))
        session.commit()
        session.expire_all()
        assert one(session, *where) is None
        session.rollback()
        run(app, "documents.erase", {"clinic_id": str(cast.rose.id), "patient_id": str(cast.tom.id)})
        session.rollback()
        left = session.execute(sa.text("SELECT count(*) FROM documents")).scalar()
        assert left == 0 and storage().size(key) is None
