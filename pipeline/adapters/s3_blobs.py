"""Blobs in an S3 bucket, or whatever speaks its protocol."""

import hashlib
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.errors import WorldError
from pipeline.ports import BlobDamaged, BlobMissing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

STORING = 8
"""Blobs on their way into the bucket at once; whoever brings the next one waits."""

_MISSING = frozenset(["404", "NoSuchKey", "NotFound"])


class S3Blobs:
    """A `ports.BlobStore`; keys are the prefix and the SHA-256."""

    def __init__(self, client: "S3Client", bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def put(self, data: bytes) -> str:
        """Store bytes, unless they are there, and return their SHA-256. Raises WorldError."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not self.has(sha256):
            try:
                self._client.put_object(Bucket=self._bucket, Key=self._key(sha256), Body=data)
            except (BotoCoreError, ClientError) as error:
                raise self._trouble(error) from error
        return sha256

    def put_all(self, blobs: Iterable[bytes]) -> list[str]:
        """Store blobs while the next ones come in, and give their names. Raises WorldError."""
        names, under_way = [], deque[Future[str]]()
        with ThreadPoolExecutor(STORING) as pool:
            for data in blobs:
                if len(under_way) == STORING:
                    names.append(under_way.popleft().result())
                under_way.append(pool.submit(self.put, data))
        return [*names, *(future.result() for future in under_way)]

    def get(self, sha256: str) -> bytes:
        """Return bytes, checked against their name. Raises BlobMissing, BlobDamaged and WorldError."""
        try:
            data = self._client.get_object(Bucket=self._bucket, Key=self._key(sha256))["Body"].read()
        except (BotoCoreError, ClientError) as error:
            if _is_missing(error):
                raise BlobMissing(
                    f"The bucket {self._bucket} lacks the picture {self._key(sha256)}."
                ) from error
            raise self._trouble(error) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BlobDamaged(f"The picture {self._key(sha256)} no longer matches its name.")
        return data

    def has(self, sha256: str) -> bool:
        """Tell whether bytes of this name are stored. Raises WorldError."""
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._key(sha256))
        except (BotoCoreError, ClientError) as error:
            if _is_missing(error):
                return False
            raise self._trouble(error) from error
        return True

    def remove(self, sha256: str) -> None:
        """Remove bytes, if they are there. Raises WorldError."""
        try:
            self._client.delete_object(Bucket=self._bucket, Key=self._key(sha256))
        except (BotoCoreError, ClientError) as error:
            raise self._trouble(error) from error

    def _key(self, sha256: str) -> str:
        return f"{self._prefix}{sha256}"

    def _trouble(self, error: Exception) -> WorldError:
        return WorldError(f"The bucket {self._bucket} cannot be used: {error}. Check storage.pictures.")


def _is_missing(error: Exception) -> bool:
    # A missing bucket answers a HEAD with 404 as well; the put that follows then says so.
    return isinstance(error, ClientError) and error.response["Error"].get("Code") in _MISSING
