"""What acts on documents are called in the clinic's audit log."""

from flask_babel import lazy_gettext as _l

DOCUMENTS = {
    "documents.begin": _l("%(who)s began to send a document of %(whom)s"),
    "documents.accept": _l("%(who)s looked through a document of %(whom)s and kept it"),
    "documents.refuse": _l("%(who)s could not keep a document of %(whom)s"),
    "documents.find_again": _l("%(who)s found the file of a document of %(whom)s again"),
    "documents.open": _l("%(who)s opened a document of %(whom)s"),
    "documents.download": _l("%(who)s saved a document of %(whom)s"),
    "documents.update": _l("%(who)s filed a document of %(whom)s better"),
    "documents.release": _l("%(who)s showed a document to %(whom)s"),
    "documents.withhold": _l("%(who)s showed a document to %(whom)s no more"),
    "documents.remove": _l("%(who)s removed a document of %(whom)s"),
    "documents.restore": _l("%(who)s put a document of %(whom)s back"),
    "documents.reconcile": _l("%(who)s held the files that are kept against their documents"),
}
