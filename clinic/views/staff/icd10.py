"""Finding a diagnosis while somebody types: a part with the codes that answer, to choose one from."""

from flask import request

from clinic.access import GuardedBlueprint, Permission
from clinic.htmx import again
from clinic.queries import icd10

bp = GuardedBlueprint("icd10", __name__, face="staff", url_prefix="/icd10")


@bp.post("/find", needs=Permission.RECORD_WRITE, once=False)
def find():
    """The diagnoses that answer ``find``, as radio buttons named ``icd10``."""
    return again("staff/icd10/_found.html", status=200, **found())


def found(name="find"):
    """What the part shows: what was asked, what answers it, and which was chosen before."""
    asked = request.form.get(name, "").strip()[: icd10.LONGEST_QUESTION]
    return {"asked": asked, "found": icd10.search(asked), "chosen": request.form.get("icd10", "")}
