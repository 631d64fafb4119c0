"""The trial's outbox: what would have been mailed or texted, for whoever tries the product on their own machine."""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from flask import abort, current_app, request

from clinic.access import GuardedBlueprint, Permission
from clinic.htmx import show
from clinic.integrations import mail, sms

bp = GuardedBlueprint("outbox", __name__, face="public", url_prefix="/outbox")
MOST = 50
THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


@bp.get("", needs=Permission.PUBLIC)
def index():
    """The newest messages with their links; not there wherever they are really sent, nor for another machine."""
    if not outbox_is_open():
        abort(404)
    folder, own = Path(current_app.config["MAIL_FOLDER"]), current_app.config["PUBLIC_URL"] + "/"
    both = [*mail.kept(folder, MOST), *sms.kept(folder, MOST)]
    letters = sorted(both, key=lambda each: each.sent_at, reverse=True)[:MOST]
    return show("public/outbox/index.html", letters=letters, own=own)


def outbox_is_open():
    """Whether this is the trial, asked from the machine it runs on, by the name it has there.

    Every mail's link stands on that page, so it must not be reached through a proxy, nor by a page of the web whose
    name was made to lead here.
    """
    config = current_app.config
    is_trial = config["MAIL_FOLDER"] and not (config["MAIL_URL"] or config["HTTPS"] or config["PROXIES"])
    if not is_trial or urlsplit(f"//{request.host}").hostname not in THIS_MACHINE:
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


bp.record(lambda state: state.app.jinja_env.globals.update(outbox_is_open=outbox_is_open))
