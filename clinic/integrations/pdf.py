"""PDF: a letter of the clinic's, set by typst from one of templates/pdf, tagged so that a screen reader reads it."""

import json
from functools import cache

import typst
from babel import Locale

from clinic.clock import now
from clinic.config import HOME, Config

FOLDER = HOME / "templates" / "pdf"
# Where people print on Letter; everybody else has A4.
LETTER = {"US", "CA", "MX", "PH", "CL", "CO", "VE", "CR", "GT", "PA", "DO", "NI", "SV", "PR"}
PNG = b"\x89PNG"


class NotRendered(Exception):
    """A letter could not be made; says of which template, and nothing of what was to stand in it."""


def rendered(template: str, facts: dict, locale: str) -> bytes:
    """The PDF (tagged, PDF/UA-1) of ``templates/pdf/<template>.typ`` with these facts; raises NotRendered.

    ``facts`` are plain values as JSON knows them, every word and date in it as the reader is to see it: a template has
    no words of its own. All templates need ``title`` and ``letterhead``, which ``letterhead(clinic)`` makes. ``locale``
    is the reader's, such as en_GB: it decides the language, the hyphens and the size of the paper.
    """
    spoken = Locale.parse(locale)
    logo = facts["letterhead"].get("logo")
    image = {} if logo is None else {"logo.png" if logo.startswith(PNG) else "logo.jpg": logo}
    told = {
        **facts, "letterhead": {**facts["letterhead"], "logo": next(iter(image), None)},
        "language": spoken.language, "region": spoken.territory,
        "paper": "us-letter" if spoken.territory in LETTER else "a4",
    }  # fmt: skip
    files = {"main.typ": _source(template), "letterhead.typ": _source("letterhead"), **image}
    # What was typed reaches typst as data, never as its language.
    inputs = {"facts": json.dumps(told, ensure_ascii=False)}
    try:
        return typst.compile(files, font_paths=_fonts(), sys_inputs=inputs, pdf_standards=["ua-1"], timestamp=now())
    except typst.TypstError:
        # Its message quotes the words it stumbled over.
        raise NotRendered(template) from None


def letterhead(clinic) -> dict:
    """The clinic as its paper shows it: name, address, how to reach it, and its logo where it has one."""
    town = " ".join(each for each in (clinic.postal_code, clinic.city) if each)
    return {
        "name": clinic.name, "address": [each for each in (clinic.address_line, town) if each],
        "reach": [each for each in (clinic.phone, clinic.email) if each], "colour": clinic.colour, "logo": clinic.logo,
    }  # fmt: skip


@cache
def _fonts():
    """Looked for once a process: the folders of PDF_FONTS, the machine's own, and those in typst."""
    return typst.Fonts(font_paths=[str(folder) for folder in Config().PDF_FONTS])


@cache
def _source(template):
    return (FOLDER / f"{template}.typ").read_bytes()
