"""What nobody should type, and what somebody might: the former in place of the latter, one field at a time."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

BAD = (
    "", " ", "x", "\x00", "a\x00b", "\ud800", "9" * 5000, "-" + "9" * 40, "-1", "0", "1.5", "1e400", "NaN", "Infinity",
    "٣", "2026-02-30", "2026-13-01", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "99999999-01-01",
    "24:60", "23:59:59.9999999", "2026-11-22T99:99:99Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "2026-11-22T10:00:00+99:99", "2026-11-22", "22/11/2026", "Mars/Olympus_Mons", "../../etc/passwd", "//evil.example",
    "http://[", "javascript:alert(1)", "#12345", "'; DROP TABLE visits; --", "<script>alert(1)</script>", "{{ 7 * 7 }}",
    "%s %(x)s", "\r\nSet-Cookie: a=b", "\u202e\u0000\ufeff", "🧨" * 300, "ﷺ" * 2000, "\\", "[]", "null", "None",
    "00000000-0000-0000-0000-000000000000", "0" * 31, "{" + "0" * 32 + "}", "not-a-uuid",
)  # fmt: skip
ADDRESSES = (
    "/nowhere", "/staff/nowhere", "/portal/nowhere", "/staff/visits/not-a-uuid", "/staff/visits/123/start", "/%00",
    "/staff/%00", "/c/%00", "/c/%ED%A0%80", "/c/" + "x" * 5000, "/join/%00", "/join/" + "9" * 5000, "/staff/visits/%20",
    "/static/../app.py", "/static/%2e%2e/app.py", "/static/nothing.css", "/%ff%fe", "//", "/c//logo", "/c/..%2f..%2f",
    "/staff/day?date=%ff", "/staff/day?page=%00", "/staff/day?" + "a=1&" * 3000, "/assets/htmx/9/htmx.min.js",
    "/staff/day?date=2026-02-30", "/staff/day?provider=x", "/staff/day?status=gone", "/staff/day?view=round",
    "/staff/day?page=" + "9" * 5000, "/staff/day?date=0001-01-01", "/staff/day?date=9999-12-31",
)  # fmt: skip
HEADERS = (
    {"HX-Request": "true", "HX-Current-URL": "\xff", "HX-Target": "'\"<"}, {"Accept-Language": "xx;q=a, \xe4, *;q=9"},
    {"Cookie": "clinic=broken; clinic=..; =;"}, {"Cookie": "clinic=" + "A" * 6000}, {"Accept": "\xff"},
    {"Range": "bytes=9-1"}, {"If-None-Match": "\""}, {"If-Modified-Since": "yesterday"}, {"User-Agent": "\xe9" * 4000},
    {"Content-Length": "-1"}, {"X-Forwarded-For": "'; --"}, {"Authorization": "Basic \xff"},
)  # fmt: skip

# Words that must be nowhere afterwards, and the header of a request that says how it is to break.
CANARY = "canary-7f3a9d"
BREAK = "Break-Off"


def encoded(fields):
    """The fields as a browser gone wrong would send them: whatever they are."""
    return urlencode(fields, errors="surrogatepass", encoding="utf-8")


def plausible(cast):
    """A value that most routes would take, for every name of a field they read."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return {
        "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
        "provider": "", "doctor": cast.dr_osei.id, "starts_at": cast.tomorrow_at(15).isoformat(), "on_date": tomorrow,
        "date": tomorrow, "day": tomorrow, "week": tomorrow, "at_time": "15:00", "time": "15:00", "from_date": tomorrow,
        "until_date": tomorrow, "valid_from": tomorrow, "valid_until": tomorrow, "from_time": "09:00",
        "until_time": "10:00", "start_time": "09:00", "end_time": "10:00", "weekday": "1", "visit_mode": "in_person",
        "reason": "other", "note": "A note", "notes": "A note", "page": "1", "view": "list", "status": "", "q": "tom",
        "full_name": "Ann Example", "name": "Ann Example", "first_name": "Ann", "last_name": "Example",
        "email": f"{uuid4().hex}@example.com", "phone": "+44 20 7946 0999", "date_of_birth": "1980-01-02",
        "gender": "", "tag": "Wheelchair", "kind": "flag", "minutes": "20", "capacity": "1", "colour": "#0a6e5c",
        "timezone": "Europe/London", "locale": "en_GB", "currency": "GBP", "country": "GB", "role": "receptionist",
        "booking": "instant", "display_name": "Dr Ann", "next": "/staff/day", "idempotency_key": uuid4(),
        "meeting_url": "https://example.com/x", "password": "correct horse battery", "overbook_reason": "",
    }  # fmt: skip
