"""PDF: a letter of the clinic's, set by typst from one of templates/pdf, tagged so that a screen reader reads it."""

import io
import json
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import typst
from PIL import Image

from clinic.clock import now
from clinic.config import HOME, Config

FOLDER = HOME / "templates" / "pdf"
LOGO = (600, 160)  # points at most: it is printed 18 mm high
# Where people print on Letter; everybody else has A4.
LETTER = {"US", "CA", "MX", "PH", "CL", "CO", "VE", "CR", "GT", "PA", "DO", "NI", "SV", "PR"}
# Latin, Greek, Cyrillic, Arabic and Devanagari, whatever the machine has; other writings come out of PDF_FONTS.
FONTS = ("fontpkg_noto_sans", "fontpkg_noto_sans_arabic", "fontpkg_noto_sans_devanagari")


class NotRendered(Exception):
    """A letter could not be made; says of which template, and nothing of what was to stand in it."""


class NoFont(NotRendered):
    """There are characters in the letter for which no font is here: a name would come out as empty boxes."""


def rendered(template: str, facts: dict, locale: str) -> bytes:
    """The tagged PDF (PDF/UA-1) of ``templates/pdf/<template>.typ`` with these facts; raises NotRendered or NoFont.

    ``facts`` are plain values as JSON knows them, every word and date in it as the reader is to see it: a template has
    no words of its own. All templates need ``title`` and ``letterhead``, which ``letterhead(clinic)`` makes. ``locale``
    is the reader's, such as en_GB: it decides the language, the hyphens and the size of the paper.
    """
    language, *rest = locale.replace("-", "_").split("_")
    region = rest[-1] if rest and len(rest[-1]) == 2 else None
    logo = facts["letterhead"].get("logo")
    told = {
        # The one thing that is no text; typst takes bytes as numbers.
        **facts, "letterhead": {**facts["letterhead"], "logo": logo and _small(logo)},
        "language": language, "region": region, "paper": "us-letter" if region in LETTER else "a4",
    }  # fmt: skip
    files = {"main.typ": _source(template), "letterhead.typ": _source("letterhead")}
    # What was typed reaches typst as data, never as its language.
    inputs, moment = {"facts": json.dumps(told, ensure_ascii=False)}, now().replace(microsecond=0)
    try:
        return typst.compile(files, font_paths=_fonts(), sys_inputs=inputs, pdf_standards=["ua-1"], timestamp=moment)
    except RuntimeError as error:
        # Its message quotes the words it stumbled over.
        raise (NoFont if "could not be displayed with font" in str(error) else NotRendered)(template) from None


def letterhead(clinic) -> dict:
    """The clinic as its paper shows it: name, address, how to reach it, and its logo where it has one."""
    town = " ".join(each for each in (clinic.postal_code, clinic.city) if each)
    return {
        "name": clinic.name, "address": [each for each in (clinic.address_line, town) if each],
        "reach": [each for each in (clinic.phone, clinic.email) if each], "colour": clinic.colour, "logo": clinic.logo,
    }  # fmt: skip


def font_folders() -> list[str]:
    """Where fonts are looked for besides those that typst brings: in the packages of Noto, and in PDF_FONTS."""
    packages = [find_spec(name) for name in FONTS]
    return [str(Path(each.origin).parent / "files") for each in packages if each] + Config().PDF_FONTS


@cache
def _fonts():
    """Looked for once a process: to read every font anew takes longer than to set a letter."""
    return typst.Fonts(font_paths=font_folders())


@lru_cache(maxsize=64)
def _small(logo):
    """The logo as large as it is printed, in the numbers typst takes bytes as; what is opaque is put in as it is."""
    picture = Image.open(io.BytesIO(logo))
    picture.thumbnail(LOGO)
    out = io.BytesIO()
    picture.save(out, "PNG") if picture.has_transparency_data else picture.convert("RGB").save(out, "JPEG", quality=90)
    return list(out.getvalue())


@cache
def _source(template):
    return (FOLDER / f"{template}.typ").read_bytes()
