"""Giving out a copy that was made for one person: as a file to keep, never shown, never kept on the way."""

import tempfile

from flask import send_file

IN_MEMORY = 1024 * 1024  # bytes; a larger copy waits on the disk, in a file without a name


def zip_of(write, name):
    """The answer that is a zip file; ``write`` fills a file and returns what it put there, which comes along."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed with the answer)
    contents = write(file)
    file.seek(0)
    response = send_file(file, mimetype="application/zip", as_attachment=True, download_name=f"{name}.zip")
    response.call_on_close(file.close)
    return response, sum(each["rows"] for each in contents.values())
