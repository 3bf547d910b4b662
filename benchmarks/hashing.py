"""Images hashed per second and core, from encoded bytes, against imagehash and the limit of entropy decoding.

    python benchmarks/hashing.py [FOLDER ...]

Photos below the folders (the shared data unless said) are scaled and encoded anew at three sizes, baseline
and progressive. "Limit" is libjpeg's own program reading the coefficients of every file and doing nothing
else (jpeg_read_coefficients); it needs a C compiler and libjpeg's header, and is left out without them.
Rates are of CPU seconds. Each round runs all of them in turn, and a ratio is the median over rounds, so that
what else the machine does weighs on both sides alike.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from statistics import median

import imagehash
import numpy as np
from PIL import Image

from quality.phash import fast_phash64, phash64
from quality.signature import DRAFT, signature

SHARED = Path(__file__).resolve().parents[2] / "shared/data/images"
SIZES = ((500, 375), (1000, 750), (2000, 1500))
ROUNDS = 9
LIMIT = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <jpeglib.h>
int main(int n, char **names) {
  clock_t spent = 0;
  for (int k = 1; k < n; k++) {
    FILE *file = fopen(names[k], "rb");
    static unsigned char bytes[1 << 24];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    clock_t begin = clock();
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, bytes, size);
    jpeg_read_header(&jpeg, TRUE);
    jpeg_read_coefficients(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    spent += clock() - begin;
  }
  printf("%f", (double)spent / CLOCKS_PER_SEC);
  return 0;
}
"""


def photos(folders: list[Path], count: int) -> list[Image.Image]:
    """Open some of the larger photos."""
    found = sorted(path for folder in folders for path in folder.rglob("*.[jJ][pP]*[gG]"))
    large = [path for path in found if path.stat().st_size > 20_000]
    return [Image.open(path).convert("RGB") for path in large[:: max(len(large) // count, 1)][:count]]


def encode(images: list[Image.Image], size: tuple[int, int], *, progressive: bool) -> list[bytes]:
    """Scale to a size, or its upright twin, and compress at quality 90."""
    files = []
    for image in images:
        stored = BytesIO()
        turned = size if image.width >= image.height else size[::-1]
        image.resize(turned, Image.Resampling.LANCZOS).save(
            stored, "JPEG", quality=90, progressive=progressive
        )
        files.append(stored.getvalue())
    return files


Job = Callable[[list[bytes]], float]


def of_each(job: Callable[[bytes], object]) -> Job:
    """Turn a job on one file into CPU seconds for some."""

    def timed(files: list[bytes]) -> float:
        begin = time.process_time()
        for data in files:
            job(data)
        return time.process_time() - begin

    return timed


def limit_program(folder: Path) -> Path | None:
    """Compile the program that reads coefficients alone; None without a compiler or libjpeg's header."""
    program, compiler = folder / "limit", shutil.which("cc")
    command = [str(compiler), "-O2", "-x", "c", "-", "-o", str(program), "-ljpeg"]
    done = compiler and subprocess.run(command, input=LIMIT, text=True, capture_output=True, check=False)
    return program if done and not done.returncode else None


def entropy_decoding(program: Path | None, folder: Path) -> Job:
    """Give the job that has libjpeg's entropy decoder read files."""

    def timed(files: list[bytes]) -> float:
        names = [folder / f"{k}.jpg" for k in range(len(files))]
        for name, data in zip(names, files, strict=True):
            name.write_bytes(data)
        return float(subprocess.check_output([program, *names])) if program else float("nan")

    return timed


def drafted_signature(data: bytes) -> object:
    """Make a signature from a scaled decoding, as the folder search does."""
    image = Image.open(BytesIO(data))
    image.draft("RGB", (DRAFT, DRAFT))
    return signature(image)


def fidelity(files: list[bytes]) -> str:
    """Say how far the fast hash is from the reference."""
    apart = np.array(
        [(fast_phash64(data) ^ phash64(Image.open(BytesIO(data)))).bit_count() for data in files]
    )
    return (
        f"{np.mean(apart == 0):.1%} identical, {np.mean(apart <= 2):.1%} within 2 bits, at most {apart.max()}"
    )


def main(folders: list[Path]) -> None:
    """Print rates and ratios."""
    images = photos(folders, 100)
    same = [phash64(image) == int(str(imagehash.phash(image)), 16) for image in images]
    print(f"reference equal to imagehash.phash on {sum(same)} of {len(same)} photos\n")
    with tempfile.TemporaryDirectory() as folder:
        jobs = {
            "imagehash": of_each(lambda data: imagehash.phash(Image.open(BytesIO(data)))),
            "reference": of_each(lambda data: phash64(Image.open(BytesIO(data)))),
            "fast": of_each(fast_phash64),
            "signature": of_each(drafted_signature),
            "limit": entropy_decoding(limit_program(Path(folder)), Path(folder)),
        }
        print(f"{'images per CPU second':24}", *(f"{name:>10}" for name in jobs))
        for size in SIZES:
            for progressive in (False, True):
                files = encode(images[: 100 * 375 // size[1]], size, progressive=progressive)
                report(f"{size[0]}x{size[1]} {'progressive' if progressive else 'baseline'}", jobs, files)


def report(name: str, jobs: dict[str, Job], files: list[bytes]) -> None:
    """Print what the jobs take on some files."""
    rounds = [{each: job(files) for each, job in jobs.items()} for _ in range(ROUNDS)]
    print(f"{name:24}", *(f"{len(files) / median(one[each] for one in rounds):10.0f}" for each in jobs))
    to_peer, to_limit = (median(one[peer] / one["fast"] for one in rounds) for peer in ("imagehash", "limit"))
    print(f"   fast: {to_peer:.2f} x imagehash, {to_limit:.0%} of the limit; {fidelity(files)}")


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]] or [SHARED])
