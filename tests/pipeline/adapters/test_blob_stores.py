"""One contract, both stores: a folder on disk, and S3 over HTTP."""

import ctypes
import hashlib
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters import local_blobs
from pipeline.adapters.local_blobs import LocalBlobs
from pipeline.adapters.s3_blobs import S3Blobs
from pipeline.errors import WorldError
from pipeline.ports import BlobDamaged, BlobMissing, BlobStore

DATA = b"some bytes"
NAME = hashlib.sha256(DATA).hexdigest()


class _Objects(BaseHTTPRequestHandler):
    """The part of S3 that a blob store needs: objects in one bucket, errors as XML."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/pictures/"):
            self.server.objects[self.path] = data
            self._answer(200, b"")
        else:
            self._error("NoSuchBucket")

    def do_GET(self):
        if self.path in self.server.objects:
            self._answer(200, self.server.objects[self.path])
        else:
            self._error("NoSuchKey")

    do_HEAD = do_GET

    def do_DELETE(self):
        self.server.objects.pop(self.path, None)
        self._answer(204, b"")

    def _error(self, code):
        self._answer(404, f"<Error><Code>{code}</Code><Message>not here</Message></Error>".encode())

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def s3() -> Iterator[tuple[object, dict[str, bytes]]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Objects) as server:
        server.objects = {}
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(request_checksum_calculation="when_required"),
        )
        yield client, server.objects
        client.close()
        server.shutdown()


@pytest.fixture(params=["local", "s3"])
def blobs(request, tmp_path) -> BlobStore:
    if request.param == "local":
        return LocalBlobs(tmp_path / "pictures")
    client, _ = request.getfixturevalue("s3")
    return S3Blobs(client, "pictures", prefix="/of a run/")


def test_keeps_bytes_under_their_hash(blobs):
    assert not blobs.has(NAME)
    assert blobs.put(DATA) == NAME
    assert blobs.has(NAME)
    assert blobs.get(NAME) == DATA


def test_storing_twice_is_storing_once(blobs):
    assert blobs.put(DATA) == blobs.put(DATA)
    assert blobs.get(NAME) == DATA


def test_many_are_stored_as_they_come(blobs):
    batch = [bytes([n % 30]) * 50 for n in range(40)]
    names = blobs.put_all(iter(batch))
    assert names == [hashlib.sha256(data).hexdigest() for data in batch]
    assert [blobs.get(name) for name in names] == batch
    assert blobs.put_all([]) == []


def test_a_batch_that_breaks_off_leaves_nothing_half_written(blobs, tmp_path):
    def broken():
        yield DATA
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        blobs.put_all(broken())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert blobs.put_all([DATA]) == [NAME]


def test_local_stores_nothing_that_the_disk_does_not_confirm(tmp_path, monkeypatch):
    class Failing:
        def syncfs(self, handle):
            ctypes.set_errno(5)
            return -1

    monkeypatch.setattr(local_blobs, "_LIBC", Failing())
    with pytest.raises(WorldError, match="Input/output error"):
        LocalBlobs(tmp_path).put(DATA)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_is_removed_is_gone_however_often(blobs):
    blobs.put(DATA)
    blobs.remove(NAME)
    blobs.remove(NAME)
    assert not blobs.has(NAME)


def test_says_what_is_missing(blobs):
    with pytest.raises(BlobMissing):
        blobs.get("0" * 64)


def test_local_refuses_names_that_leave_the_folder(tmp_path):
    with pytest.raises(BlobMissing):
        LocalBlobs(tmp_path).get("../../etc/passwd")


def test_local_notices_damage(tmp_path):
    blobs = LocalBlobs(tmp_path)
    blobs.put(DATA)
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    path.write_bytes(b"others")
    with pytest.raises(BlobDamaged):
        blobs.get(NAME)


def test_s3_notices_damage(s3):
    client, objects = s3
    blobs = S3Blobs(client, "pictures")
    blobs.put(DATA)
    objects[f"/pictures/{NAME}"] = b"others"
    with pytest.raises(BlobDamaged):
        blobs.get(NAME)


def test_s3_names_the_setting_when_the_bucket_is_missing(s3):
    with pytest.raises(WorldError, match=r"storage\.pictures"):
        S3Blobs(s3[0], "nowhere").put(DATA)


def test_local_mends_a_file_that_a_power_cut_left_short(tmp_path):
    blobs = LocalBlobs(tmp_path)
    blobs.put(DATA)
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    path.write_bytes(DATA[:3])
    assert blobs.get(blobs.put(DATA)) == DATA


def test_local_leaves_no_half_written_file(tmp_path, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(WorldError, match="No space left"):
        LocalBlobs(tmp_path).put(DATA)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=2000))
def test_local_returns_what_it_was_given(tmp_path, data):
    blobs = LocalBlobs(tmp_path, fsync=False)
    assert blobs.get(blobs.put(data)) == data


def test_what_a_killed_process_has_begun_is_removed_a_day_later(tmp_path: Path) -> None:
    LocalBlobs(tmp_path).put(DATA)
    begun, abandoned = (tmp_path / local_blobs.INCOMING / name for name in ("begun", "abandoned"))
    for part in (begun, abandoned):
        part.write_bytes(b"hal")
    os.utime(abandoned, (0, 0))
    assert LocalBlobs(tmp_path).get(NAME) == DATA
    assert begun.exists()
    assert not abandoned.exists()
