"""The clinic's profile: words, clock, formats, one colour, a logo."""

import io

import pytest
import sqlalchemy as sa
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from clinic.models.audit import AuditEntry
from clinic.models.organizations import Clinic

TYPED = {
    "name": "Rose Street Surgery",
    "email": "desk@rose.example",
    "phone": "020 7946 0000",
    "address_line": "1 Rose St",
    "postal_code": "W1",
    "city": "London",
    "country": "PT",
    "timezone": "Europe/Lisbon",
    "locale": "pt_PT",
    "currency": "EUR",
    "has_colour": "y",
    "colour": "#AA3355",
    "colour_code": "",
}


def picture(kind="PNG", size=(900, 300), mode="RGB", **options):
    """The bytes of a picture."""
    out = io.BytesIO()
    Image.new(mode, size, "#aa3355").save(out, kind, **options)
    return out.getvalue()


def logo(content, name="logo.png"):
    """A file as a form sends it."""
    return {"logo": (io.BytesIO(content), name)}


class TestUpdate:
    def test_the_profile_is_changed_and_who_did_it_is_on_record(self, ines, cast, session):
        assert ines.open("staff.clinic.edit").status_code == 200
        assert ines.send("staff.clinic.update", TYPED).status_code == 303
        session.expire_all()
        rose = session.get(Clinic, cast.rose.id)
        assert (rose.name, rose.timezone, rose.locale, rose.currency) == (
            "Rose Street Surgery",
            "Europe/Lisbon",
            "pt_PT",
            "EUR",
        )
        assert rose.colour == "#aa3355"
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.resource_id == rose.id)).one()
        assert (entry.action, entry.actor_id, entry.clinic_id) == ("organizations.update", cast.ines.user.id, rose.id)

    def test_without_a_colour_of_its_own_the_products_is_used(self, ines, cast, session):
        ines.send("staff.clinic.update", {key: value for key, value in TYPED.items() if key != "has_colour"})
        session.expire_all()
        assert session.get(Clinic, cast.rose.id).colour is None

    @pytest.mark.parametrize(
        "wrong",
        [
            {"timezone": "Mars/Olympus"},
            {"timezone": "../../etc/passwd"},
            {"timezone": ""},
            {"timezone": "\x00"},
            {"locale": "xx_XX"},
            {"locale": ""},
            {"currency": "XXX"},
            {"currency": "gbp"},
            {"country": "England"},
            {"name": ""},
            {"email": "not an address"},
            {"colour": "url(x)"},
            {"colour_code": "red;}"},
            {"phone": "1" * 41},
        ],
    )
    def test_what_is_not_known_is_asked_again_with_what_was_typed(self, ines, cast, session, wrong):
        answer = ines.send("staff.clinic.update", {**TYPED, **wrong})
        assert answer.status_code == 422 and 'value="1 Rose St"' in answer.text
        session.expire_all()
        assert session.get(Clinic, cast.rose.id).name == "Rose Street Clinic"

    def test_nobody_but_the_administrator_may(self, amara, osei):
        assert amara.send("staff.clinic.update", TYPED).status_code == 403
        assert osei.open("staff.clinic.edit").status_code == 403


class TestLogo:
    def stored(self, session, cast):
        session.expire_all()
        return session.execute(sa.select(Clinic.logo, Clinic.logo_type).where(Clinic.id == cast.rose.id)).one()

    @pytest.mark.parametrize(
        ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("JPEG", "CMYK"), ("WEBP", "RGB")]
    )
    def test_a_picture_is_drawn_anew_at_most_512_points_wide(self, ines, cast, session, kind, mode):
        answer = ines.send("staff.clinic.set_logo", logo(picture(kind, (1400, 700), mode)))
        assert answer.status_code == 303
        content, media_type = self.stored(session, cast)
        assert media_type == "image/png" and Image.open(io.BytesIO(content)).size == (512, 256)

    def test_what_a_camera_wrote_into_it_is_gone(self, ines, cast, session):
        exif = Image.Exif()
        exif[0x010E] = "51.5N 0.1W"
        ines.send("staff.clinic.set_logo", logo(picture("JPEG", exif=exif)))
        assert b"51.5N" not in self.stored(session, cast).logo

    def test_noise_that_no_png_keeps_small_still_fits(self, ines, cast, session):
        noise = Image.effect_noise((600, 600), 100).convert("RGB")
        out = io.BytesIO()
        noise.save(out, "JPEG")
        assert ines.send("staff.clinic.set_logo", logo(out.getvalue())).status_code == 303
        assert len(self.stored(session, cast).logo) <= 256 * 1024

    @pytest.mark.parametrize(
        "content",
        [
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"",
            b"GIF89a",
            b"\x89PNG\r\n\x1a\n",
            picture()[:200],
            picture("GIF", mode="P"),
            b"not a picture" * 1000,
        ],
    )
    def test_what_is_no_such_picture_is_refused(self, ines, cast, session, content):
        answer = ines.send("staff.clinic.set_logo", logo(content))
        assert answer.status_code == 422 and self.stored(session, cast).logo is None

    def test_a_small_file_that_unpacks_to_a_giant_is_refused(self, ines, cast, session):
        answer = ines.send("staff.clinic.set_logo", logo(picture(size=(30000, 30000), mode="1")))
        assert answer.status_code == 422 and "too large" in answer.text

    def test_a_file_of_some_megabytes_comes_in_here_and_nowhere_else_and_a_larger_one_is_413(self, ines, cast, session):
        def send(endpoint, size):
            # Encoded here: the test client would leave its own temporary file open.
            file = FileStorage(io.BytesIO(b"\0" * size * 1024 * 1024), "logo.png")
            form = {"csrf_token": ines.csrf, **TYPED, "logo": file}
            boundary, body = encode_multipart(form)
            kind = f"multipart/form-data; boundary={boundary}"
            return ines.client.post(ines.url(endpoint), data=body, content_type=kind).status_code

        assert send("staff.clinic.set_logo", 2) == 422
        assert send("staff.clinic.set_logo", 5) == 413
        assert send("staff.clinic.update", 2) == 413

    def test_it_can_be_removed(self, ines, cast, session):
        ines.send("staff.clinic.set_logo", logo(picture()))
        assert "logo-preview" in ines.open("staff.clinic.edit").text
        ines.send("staff.clinic.remove_logo")
        assert tuple(self.stored(session, cast)) == (None, None)

    def test_no_file_at_all_is_a_sentence(self, ines, cast):
        assert "Choose a picture first." in ines.send("staff.clinic.set_logo").text
