"""Files kept in a bucket that speaks S3; who we are there stands in the environment, where AWS's own programs look."""

from contextlib import contextmanager

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from clinic.integrations.storage import Kept, NotKept, StorageAway, checked

SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 5, 20
GONE = ("404", "NoSuchKey", "NotFound")
# One piece in memory at a time, whatever the size of the file.
IN_PIECES = TransferConfig(multipart_threshold=8 * 2**20, multipart_chunksize=8 * 2**20, use_threads=False)
AT_ONCE = 1000


class Bucket:
    """A bucket as storage. S3 shows an object once it is whole, so a key is never half-written."""

    spool = None

    def __init__(self, name: str, *, region: str | None = None, endpoint: str | None = None):
        self.name = name
        self.client = boto3.session.Session().client(
            "s3", region_name=region, endpoint_url=endpoint,
            config=Config(
                signature_version="s3v4", s3={"addressing_style": "path" if endpoint else "auto"},
                connect_timeout=SECONDS_TO_CONNECT, read_timeout=SECONDS_TO_ANSWER,
                retries={"total_max_attempts": 2, "mode": "standard"}, max_pool_connections=16,
                # Other makers' servers do not know the newer checksums.
                request_checksum_calculation="when_required", response_checksum_validation="when_required",
            ),
        )  # fmt: skip

    def put(self, key, file):
        """Send it; a large one in pieces that become an object at the end."""
        with _said():
            self.client.upload_fileobj(_Unclosed(file), self.name, checked(key), Config=IN_PIECES)

    def open(self, key):
        """Its bytes as they come."""
        with _said(key):
            return Body(self.client.get_object(Bucket=self.name, Key=checked(key))["Body"])

    def size(self, key):
        """What the bucket says of it."""
        try:
            with _said(key):
                return self.client.head_object(Bucket=self.name, Key=checked(key))["ContentLength"]
        except NotKept:
            return None

    def kept(self, prefix=""):
        """Every object, a thousand at a time."""
        with _said():
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
                for each in page.get("Contents", ()):
                    yield Kept(each["Key"], each["Size"], each["LastModified"])

    def delete(self, keys):
        """Remove the objects."""
        wanted = [{"Key": checked(key)} for key in keys]
        for begin in range(0, len(wanted), AT_ONCE):
            with _said():
                some = {"Objects": wanted[begin : begin + AT_ONCE], "Quiet": True}
                if failed := self.client.delete_objects(Bucket=self.name, Delete=some).get("Errors"):
                    raise StorageAway(failed[0].get("Code", "delete"))

    def link(self, key, *, headers, seconds):
        """A signed address; the bucket puts these headers on its answer."""
        said = {f"Response{name.replace('-', '')}": value for name, value in headers.items()}
        asked = {"Bucket": self.name, "Key": checked(key), **said}
        with _said():
            return self.client.generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)

    def form(self, key, *, size, seconds):
        """A signed form: this key, this many bytes, nothing else, and not for long."""
        with _said():
            made = self.client.generate_presigned_post(
                self.name, checked(key), Fields={"Content-Type": "application/octet-stream"},
                Conditions=[{"Content-Type": "application/octet-stream"}, ["content-length-range", size, size]],
                ExpiresIn=seconds,
            )  # fmt: skip
        return made["url"], made["fields"]

    def sweep(self, before):
        """Give up uploads in pieces that were begun before then and never finished; how many."""
        with _said():
            found = self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", ())
            old = [each for each in found if each["Initiated"] < before]
            for each in old:
                self.client.abort_multipart_upload(Bucket=self.name, Key=each["Key"], UploadId=each["UploadId"])
        return len(old)


class Body:
    """An object on its way here; a line that breaks says so in the words of storage."""

    def __init__(self, body):
        self.body = body

    def read(self, size=-1):
        """The next bytes."""
        with _said():
            return self.body.read(None if size < 0 else size)

    def close(self):
        """Let go of the line."""
        self.body.close()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()


class _Unclosed:
    """A file that stays open: boto3 closes what it is given."""

    def __init__(self, file):
        self.file = file

    def read(self, size=-1):
        return self.file.read(size)


@contextmanager
def _said(key=None):
    try:
        yield
    except ClientError as error:
        if key and error.response.get("Error", {}).get("Code") in GONE:
            raise NotKept(key) from None
        raise StorageAway(error.response.get("Error", {}).get("Code", "refused")) from None
    except (BotoCoreError, OSError) as error:
        raise StorageAway(type(error).__name__) from None
