"""One's own account: the address, ways to sign in, leaving."""

from clinic.access import GuardedBlueprint, Permission
from clinic.htmx import show

bp = GuardedBlueprint("account", __name__, face="public", url_prefix="/account")


@bp.get("", needs=Permission.SIGNED_IN)
def index():
    """Everything about the account in one place."""
    return show("public/account/index.html")
