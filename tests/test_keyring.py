"""The key ring: a kept secret opens for its own row only, under any key of the ring, and never without one."""

import base64
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from clinic import create_app, keyring
from clinic.keyring import SEALED, BadKeys, BrokenSeal, KeyRing, NoKeys, UnknownKey
from clinic.server.home import secret_keys

OLD, NEW = (f"{name}:{base64.b64encode(name.encode() * 16).decode()}" for name in ("k1", "k2"))
PLACE = {"table": "users", "column": "mfa_secret_encrypted", "row_id": UUID(int=7), "clinic_id": UUID(int=3)}
ELSEWHERE = [
    {"table": "patients"},
    {"column": "note"},
    {"row_id": UUID(int=8)},
    {"clinic_id": UUID(int=4)},
    {"clinic_id": None},
]


class TestSealing:
    def test_what_is_sealed_opens_for_its_own_row_and_shows_nothing_of_itself(self):
        ring = KeyRing.parse(OLD)
        kept = ring.seal(b"a shared secret", **PLACE)
        assert ring.open_sealed(kept, **PLACE) == b"a shared secret"
        assert b"secret" not in kept and kept != ring.seal(b"a shared secret", **PLACE)

    @pytest.mark.parametrize("moved", ELSEWHERE, ids=str)
    def test_moved_to_another_row_column_table_or_clinic_it_does_not_open(self, moved):
        ring = KeyRing.parse(OLD)
        kept = ring.seal(b"a shared secret", **PLACE)
        with pytest.raises(BrokenSeal):
            ring.open_sealed(kept, **{**PLACE, **moved})

    def test_no_byte_of_it_can_be_changed_left_out_or_added(self):
        ring = KeyRing.parse(OLD)
        kept = ring.seal(b"a shared secret", **PLACE)
        changed = [kept[:i] + bytes([kept[i] ^ 1]) + kept[i + 1 :] for i in range(len(kept))]
        for broken in [*changed, *(kept[:i] for i in range(len(kept))), kept + b"x"]:
            with pytest.raises((BrokenSeal, UnknownKey)):
                ring.open_sealed(broken, **PLACE)

    def test_no_key_passes_for_another_one(self):
        kept = KeyRing.parse(OLD).seal(b"a shared secret", **PLACE)
        same_key_other_name = KeyRing.parse("k9" + OLD.removeprefix("k1"))
        with pytest.raises(BrokenSeal):
            same_key_other_name.open_sealed(kept.replace(b"k1", b"k9", 1), **PLACE)

    def test_an_error_holds_nothing_of_the_secret(self):
        ring = KeyRing.parse(OLD)
        with pytest.raises(BrokenSeal) as told:
            ring.open_sealed(ring.seal(b"canary", **PLACE), **{**PLACE, "row_id": UUID(int=8)})
        assert "canary" not in str(told.value) and told.value.__suppress_context__


class TestRing:
    def test_the_first_key_seals_and_every_key_opens(self):
        kept = KeyRing.parse(OLD).seal(b"old", **PLACE)
        both = KeyRing.parse(f"{NEW},{OLD}")
        assert both.open_sealed(kept, **PLACE) == b"old"
        fresh = both.seal(b"new", **PLACE)
        assert fresh.startswith(both.prefix) and not kept.startswith(both.prefix)
        assert KeyRing.parse(NEW).open_sealed(fresh, **PLACE) == b"new"

    def test_a_key_that_is_gone_is_named(self):
        kept = KeyRing.parse(OLD).seal(b"old", **PLACE)
        with pytest.raises(UnknownKey, match="k1"):
            KeyRing.parse(NEW).open_sealed(kept, **PLACE)

    def test_without_a_key_nothing_is_sealed_and_the_sentence_says_what_to_do(self):
        with pytest.raises(NoKeys, match="SECRET_KEYS is not set"):
            KeyRing.parse("").seal(b"x", **PLACE)

    @pytest.mark.parametrize(
        "text", ["k1", "k1:", "k1:short", f"{OLD},{OLD}", "a|b:" + OLD[3:], "k1:!" + OLD[4:], ":" + OLD[3:]]
    )
    def test_a_ring_that_cannot_be_read_is_told_without_showing_a_key(self, text):
        with pytest.raises(BadKeys) as told:
            KeyRing.parse(text)
        assert OLD[3:] not in str(told.value)

    def test_a_new_key_is_what_the_setting_takes(self):
        line = keyring.new_key(date(2026, 11, 21))
        assert KeyRing.parse(line).current.startswith("2026-11-21-")
        assert line != keyring.new_key(date(2026, 11, 21))


class TestApplication:
    def test_it_seals_with_its_own_ring_for_registered_columns_only(self, app):
        row = uuid4()
        with app.app_context():
            kept = keyring.seal(b"x", table="users", column="mfa_secret_encrypted", row_id=row)
            assert keyring.open_sealed(kept, table="users", column="mfa_secret_encrypted", row_id=row) == b"x"
            with pytest.raises(LookupError, match="SEALED"):
                keyring.seal(b"x", table="users", column="email", row_id=row)

    def test_reached_by_https_it_does_not_start_without_a_key(self, config):
        with pytest.raises(BadKeys, match="flask keys new"):
            create_app(replace(config, HTTPS=True, SECRET_KEYS=""))
        assert create_app(replace(config, HTTPS=True))

    def test_make_run_makes_a_ring_once_and_keeps_it_to_itself(self, tmp_path):
        ring = secret_keys(tmp_path / "home")
        assert KeyRing.parse(ring).current == "trial" and secret_keys(tmp_path / "home") == ring
        assert (tmp_path / "home" / "secret-keys").stat().st_mode & 0o777 == 0o600

    def test_every_encrypted_column_is_registered(self, app, superuser):
        with superuser.connect() as connection:
            found = connection.execute(
                sa.text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
                        " AND column_name LIKE '%\\_encrypted'")
            ).all()  # fmt: skip
        assert {tuple(row) for row in found} == {(each.table, each.column) for each in SEALED}

    def test_no_row_of_a_registered_column_hides_from_the_change_of_keys(self, app, superuser):
        """No policy may narrow a table of no clinic's; a clinic's is walked clinic by clinic."""
        with superuser.connect() as connection:
            narrowed = set(connection.scalars(sa.text("SELECT relname FROM pg_class WHERE relrowsecurity")))
        assert {each.table for each in SEALED if each.clinic_id is None} & narrowed == set()
        assert {each.table for each in SEALED if each.clinic_id} <= narrowed
