"""`pip install .` into an empty environment gives working programs outside the checkout."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A new environment with a wheel of this tree; what it depends on is borrowed, to save minutes."""
    folder = tmp_path_factory.mktemp("install")
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*wheel, "--wheel-dir", str(folder), str(ROOT)], check=True, timeout=110)
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    site = Path(
        subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
    )
    target = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site)]
    subprocess.run([*target, *map(str, folder.glob("*.whl"))], check=True, timeout=60)
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return python


def run(python, folder, *arguments):
    # -P keeps the current folder out, and the checkout's editable install comes after the wheel.
    return subprocess.run(
        [python, "-P", "-m", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_wheel_is_what_runs(installed, tmp_path):
    done = subprocess.run(
        [installed, "-c", "import pipeline, hit_templates; print(pipeline.__file__, hit_templates.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(ROOT) not in done.stdout


def test_words_defaults_and_migrations_are_on_board(installed, tmp_path):
    assert "tabby" in run(installed, tmp_path, "pipeline", "synsets", "show", "n02123045").stdout
    made = run(installed, tmp_path, "pipeline", "database", "upgrade")
    assert made.returncode == 0, made.stderr
    added = run(installed, tmp_path, "pipeline", "synsets", "add", "n02123045")
    assert added.stdout.startswith("1 added"), added.stderr


def test_pages_and_their_files_are_on_board(installed, tmp_path):
    kinds = "from pipeline.hits.kinds import KINDS; print(len(KINDS))"
    pages = "from sites.render import HIT_TEMPLATES as t; print(sum(1 for _ in t.rglob('*.js')) > 3)"
    done = subprocess.run(
        [installed, "-c", f"{kinds}\n{pages}"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["6", "True"]


def test_the_crowd_server_makes_its_own_tables(installed, tmp_path):
    made = run(installed, tmp_path, "crowd_server", "database", "upgrade", "--database", "sqlite:///c.sqlite")
    assert made.returncode == 0, made.stderr
    key = run(
        installed,
        tmp_path,
        "crowd_server",
        "requesters",
        "add",
        "Lab",
        "--json",
        "--database",
        "sqlite:///c.sqlite",
    )
    assert "secret_key" in key.stdout, key.stderr
