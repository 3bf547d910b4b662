"""AWS Signature Version 4, the verifying side."""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from werkzeug.datastructures import Headers

from crowd_server.errors import AuthenticationError
from crowd_server.store.models.accounts import AccessKey

SKEW = timedelta(minutes=15)
HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)"
    r"/(?P<service>[^/,\s]+)/aws4_request,"
    r"\s*SignedHeaders=(?P<headers>[a-z0-9;-]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
SERVICE = "mturk-requester"


def verify(
    headers: Headers, query: str, body: bytes, key_of: Callable[[str], AccessKey | None], now: datetime
) -> AccessKey:
    """The key pair that signed this POST to `/`; AuthenticationError when none did.

    `now` is real time, never moved: clients sign with theirs.
    """
    if "Authorization" not in headers:
        raise AuthenticationError("MissingAuthenticationTokenException", "Missing Authentication Token")
    match = HEADER.fullmatch(headers["Authorization"].strip())
    if match is None or not {"host", "x-amz-date"} <= set(match["headers"].split(";")):
        raise AuthenticationError("IncompleteSignatureException", "The Authorization header is incomplete.")
    pair = key_of(match["key"])
    if pair is None:
        raise AuthenticationError(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )
    stamp = headers.get("X-Amz-Date", "")
    _check_time(stamp, match["date"], now)
    if match["service"] != SERVICE:
        raise AuthenticationError(
            "InvalidSignatureException", f"Credential should be scoped to service {SERVICE}."
        )
    scope = f"{match['date']}/{match['region']}/{match['service']}/aws4_request"
    request = _canonical(headers, query, body, match["headers"])
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = _signing_key(pair.secret_key, match["date"], match["region"], match["service"])
    if not hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), match["signature"]):
        raise AuthenticationError(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )
    return pair


def _check_time(stamp: str, date: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise AuthenticationError(
            "IncompleteSignatureException", "X-Amz-Date is missing or malformed."
        ) from error
    if not stamp.startswith(date):
        raise AuthenticationError(
            "InvalidSignatureException", "Date in Credential scope does not match X-Amz-Date."
        )
    if abs(now - signed_at) > SKEW:
        word = "expired" if signed_at < now else "not yet current"
        raise AuthenticationError(
            "InvalidSignatureException",
            f"Signature {word}: {stamp} is not within 15 min. of {now:%Y%m%dT%H%M%SZ}.",
        )


def _canonical(headers: Headers, query: str, body: bytes, signed: str) -> str:
    lines = [f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed.split(";")]
    payload = hashlib.sha256(body).hexdigest()
    return "\n".join(("POST", "/", query, *lines, "", signed, payload))


@lru_cache(maxsize=256)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
