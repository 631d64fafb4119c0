"""CSV as an answer of the web: sent while it is read, so that its length costs no memory."""

from collections.abc import Iterable, Sequence

from flask import Response, stream_with_context

from clinic.csv_rows import MEDIA_TYPE, csv_rows
from clinic.uploads import download_headers


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence]) -> Response:
    """The rows as a file of that name, to be saved.

    The rows are read after the request's commit, in the request's own scope: give a generator that asks for them in
    batches by key, for no cursor outlives the commit.
    """
    return Response(
        stream_with_context(csv_rows(header, rows)), content_type=MEDIA_TYPE, headers=download_headers(f"{name}.csv")
    )
