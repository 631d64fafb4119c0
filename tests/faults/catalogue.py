"""The catalogue of bad input: by class, what hypothesis throws besides what it makes up itself."""

from urllib.parse import quote

# Comes back escaped or not at all; raw it would be markup.
MARK = "<zq\"'>"
NAMES = (
    "O'Brien", "Nguyễn", "李", "X", "a" * 255, "a" * 256, "\u202eGnp.exe", "a\u200bb", "👨‍👩‍👧‍👦", "𝔘𝔫𝔦", "é",
    "e\u0301", "Z" + "\u0336\u035b\u0489" * 40, "null", "true", "undefined", "NaN", "=1+1", "@SUM(1)", "\ufeffAnn",
    "ß", "İ", "ſ",
)  # fmt: skip
NOT_TEXT = ("\x00", "a\x00b", "\ud800", "\udfff\ud800", "\\u0000", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufffe")
DATES = (
    "2024-02-29", "2025-02-29", "2026-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "infinity",
    "-infinity", "294276-12-31", "2999-01-01", "1871-01-01", "2026-13-01", "2026-00-10", "٢٠٢٦-٠١-٠١", "01/02/03",
    "2026-1-1", "20260101", "2026-W01-1", "2026-001", "today", "now()", "1e9", "-2026-01-01", "2026-11-21T00:00",
)  # fmt: skip
TIMES = (
    "02:30", "01:30", "24:00", "23:59:60", "25:00", "-1:00", "9:00", "09:00:00.0000000001", "09.00", "9am", "٠٩:٠٠",
    "2026-03-29T01:30:00", "2026-10-25T01:30:00", "2026-10-25T01:30:00+01:00", "2026-11-22T10:00:00+25:00",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-22T10:00:00Z[Europe/London]",
)  # fmt: skip
ZONES = (
    "Etc/GMT+5", "EST", "US/Eastern", "Mars/X", "europe/london", "../../etc/passwd", "/etc/localtime", "UTC+2", "posix",
    "posixrules", "localtime", "Europe/London\x00", "Europe", "", "right/UTC", "Factory",
)  # fmt: skip
IDS = (
    "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "{" + "0" * 32 + "}", "0" * 32,
    "urn:uuid:00000000-0000-0000-0000-000000000000", "1 or 1=1", "1' OR '1'='1", "not-a-uuid", "a" * 10_000, "0", "-1",
    "00000000-0000-0000-0000-00000000000g", "00000000-0000-0000-0000-000000000000\n", "None",
)  # fmt: skip
NUMBERS = (
    "-1", "0", "-0", "+1", "1e309", "1e-400", "NaN", "sNaN", "Infinity", "-Infinity", "0.005", "-0.001", "1,50", "1.5",
    "1_000", "٣", "½", "²", "0x10", "0b1", "1 000", "2147483648", "9223372036854775808", "9" * 5000, "1" + "0" * 30,
    "1000000000", "000001", "--1", "1.2.3", " 5 ",
)  # fmt: skip
PAGING = (
    "0", "-1", "100000000000000000000", "1e3", "name;drop table visits", "pg_sleep(5)", "1;", "asc", "desc nulls first",
    "../", "%00", "%", "_", "*", "a" * 300, "page[]", "{}", "created_at--",
)  # fmt: skip
TEXT = (
    MARK, f"<script>{MARK}</script>", f"<svg onload=alert(1)>{MARK}", f"<a hx-get=/x>{MARK}</a>",
    f"<b data-hx-on:click=x>{MARK}", "{{ 7*7 }}", "{% raw %}", "${7*7}", "#{7*7}", "%s%n%(x)s", "a\r\nSet-Cookie: x=1",
    "a\nb", "\n" * 100_000, "x" * 200_000, "a" * 30 + "!", "((((((((((a", "\\", "\\x00", "'; DROP TABLE visits; --",
    "$(id)", "`id`", "|id", "<![CDATA[x]]>", "&lt;", "&#0;", "]]>", "--", "/*", "\t=cmd|' /C calc'!A0", "＝1+1",
)  # fmt: skip
ADDRESSES = (
    "a@b", "A@X.example", "a+tag@x.example", '"a b"@x.example', "ä@bücher.example", "a@xn--bcher-kva.example",
    "ſ@x.example", "\u212a@x.example", "a@x.example,b@x.example", "a@x.example\r\nBcc: b@x.example",
    "a" * 310 + "@x.ex",
    "a@[127.0.0.1]", "a@localhost", "@x.example", "a@", "a@b@c.example", "<a@x.example>", "a@x..example",
    "a@-x.example",
)  # fmt: skip
PHONES = ("letters", "+", "+0", "1" * 40, "+44 (0) 20", "0900 123", "٠١٢٣", "+44\u00a020", "++44 20 7946", "tel:+4420")
LINKS = (
    "//evil.example", "https://evil.example", "javascript:alert(1)", "data:text/html,x", "/\\evil.example", "/%2f/evil",
    "https://a:b@evil.example", "http://[::1", "/staff/day\r\nLocation: //evil", "////evil.example", "/./", "/..//..",
    "https://" + "a" * 3000, quote(MARK), f"/staff/day?x={MARK}",
)  # fmt: skip
TOKENS = (
    "a" * 42,
    "a" * 43,
    "a" * 44,
    "A" * 43,
    "=" * 43,
    "-_" * 21,
    "a" * 43 + "=",
    "eyJhbGciOiJub25lIn0.e30.",
    "a" * 4096,
)
COLOURS = ("#12345", "#1234567", "red", "#gggggg", "#０１２３４５", "url(x)", "#000;}*{", "rgb(0,0,0)")
CLASSES = {
    "names": NAMES, "not text": NOT_TEXT, "dates": DATES, "times": TIMES, "zones": ZONES, "ids": IDS,
    "numbers": NUMBERS, "paging": PAGING, "text": TEXT, "addresses": ADDRESSES, "phones": PHONES, "links": LINKS,
    "tokens": TOKENS, "colours": COLOURS,
}  # fmt: skip
EVERYTHING = tuple(value for values in CLASSES.values() for value in values)

# What a request says of itself besides its fields.
METHODS = ("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "CONNECT", "BREW")
HEADERS = (
    {"X-HTTP-Method-Override": "DELETE"}, {"X-Method-Override": "POST"},
    {"Cookie": "; ".join(f"c{n}=x" for n in range(100))},
    {"Cookie": "session=" + "x" * 64_000}, {"Host": "evil.example"}, {"Host": "a, b"}, {"Host": ""},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}, {"Range": "bytes=0-0,-1"},
    {"Accept": "*/*;q=" + "9" * 400}, {"Accept": "text/html;q=NaN"}, {"Accept-Encoding": "gzip;q=-1, br;q=x"},
    {"HX-Request": "true", "HX-Target": MARK, "HX-Trigger": MARK}, {"HX-Current-URL": f"http://localhost/{MARK}"},
    {"HX-Boosted": "true", "HX-Request": "maybe"}, {"Clinic-Live": "x" * 5000}, {"Referer": f"http://localhost/{MARK}"},
    {"Origin": "null"}, {"If-None-Match": "*" * 9000}, {"If-Modified-Since": "Thu, 32 Foo 99999"},
    {"X-Request-ID": f"{MARK}\t{'x' * 9000}"}, {"User-Agent": MARK}, {"Authorization": "Bearer " + "a." * 3000},
    {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}, {"Expect": "418-x"}, {"Upgrade": "h2c"},
)  # fmt: skip
PATHS = (
    "//", "//evil.example/", "/.//", "/%2e%2e/%2e%2e/etc/passwd", "/%252e%252e/", "/static/%252e%252e/app.py", "/%00",
    "/;jsessionid=1", "/staff;/day", "/STAFF/DAY", "/staff/day/", "/staff//day", "/%e2%80%ae", "/?" + "a=" * 5000,
    f"/{quote(MARK)}", f"/c/{quote(MARK)}", f"/join/{quote(MARK)}", f"/staff/visits/{quote(MARK)}", "/" + "a/" * 3000,
    f"/staff/day?date={quote(MARK)}&page={quote(MARK)}&view={quote(MARK)}", "/staff/day?date=1&date=2", "/?id[]=1",
)  # fmt: skip
