"""SHA256SUMS as sha256sum itself reads it."""

import shutil
import subprocess

import pytest

from pipeline.release.checksums import first_fault, write_checksums


@pytest.fixture
def folder(tmp_path):
    for name in ["b/c.txt", "b.txt", "b-2/a.txt", "a/ü.txt"]:
        path = tmp_path / "release" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "release"


def test_paths_are_sorted_as_text(folder):
    assert write_checksums(folder) == 4
    names = [line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert names == sorted(names) == ["a/ü.txt", "b-2/a.txt", "b.txt", "b/c.txt"]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_sha256sum_agrees(folder):
    write_checksums(folder)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True)


def test_a_sound_folder_has_no_fault(folder):
    write_checksums(folder)
    assert first_fault(folder) is None


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (lambda folder: (folder / "b.txt").unlink(), "b.txt is missing"),
        (lambda folder: (folder / "b.txt").write_text("x"), "b.txt was altered"),
        (lambda folder: (folder / "new.txt").write_text("x"), "5 files where 4 are listed"),
    ],
)
def test_a_fault_is_named(folder, harm, fault):
    write_checksums(folder)
    harm(folder)
    assert first_fault(folder) == fault
