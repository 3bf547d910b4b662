"""Images hashed per second and core, from encoded bytes, against imagehash and the limit of entropy decoding.

    python benchmarks/hashing.py [FOLDER ...]

Photos below the folders (the shared data unless said) are scaled and encoded anew at three sizes, baseline
and progressive. "Limit" is libjpeg's own program reading the coefficients of every file and doing nothing
else (jpeg_read_coefficients); it needs a C compiler and libjpeg's header, and is left out without them.
Rates are of CPU seconds, the median of several rounds.
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
ROUNDS = 5
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


def rate(job: Callable[[bytes], object], files: list[bytes]) -> float:
    """Files per CPU second, the median of the rounds."""
    rounds = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        for data in files:
            job(data)
        rounds.append(len(files) / (time.process_time() - begin))
    return median(rounds)


def limit(files: list[bytes]) -> float | None:
    """Files per CPU second that libjpeg's entropy decoder reads."""
    compiler = shutil.which("cc")
    with tempfile.TemporaryDirectory() as folder:
        program, names = Path(folder) / "limit", []
        if not compiler:
            return None
        command = [compiler, "-O2", "-x", "c", "-", "-o", str(program), "-ljpeg"]
        if subprocess.run(command, input=LIMIT, text=True, capture_output=True, check=False).returncode:
            return None
        for k, data in enumerate(files):
            names.append(Path(folder) / f"{k}.jpg")
            names[-1].write_bytes(data)
        spent = [float(subprocess.check_output([program, *names])) for _ in range(ROUNDS)]
        return len(files) / median(spent)


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
    print("images per CPU second             imagehash  reference       fast   signature      limit")
    for size in SIZES:
        for progressive in (False, True):
            files = encode(images[: 100 * 375 // size[1]], size, progressive=progressive)
            peer = rate(lambda data: imagehash.phash(Image.open(BytesIO(data))), files)
            ours = rate(lambda data: phash64(Image.open(BytesIO(data))), files)
            fast, signed, bound = rate(fast_phash64, files), rate(drafted_signature, files), limit(files)
            name = f"{size[0]}x{size[1]} {'progressive' if progressive else 'baseline'}"
            bounded = bound or float("nan")
            print(f"{name:32} {peer:10.0f} {ours:10.0f} {fast:10.0f}  {signed:10.0f} {bounded:10.0f}")
            print(f"   fast: {fast / peer:.2f} x imagehash", end="")
            print(f", {fast / bound:.0%} of the limit" if bound else "", f"; {fidelity(files)}")


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]] or [SHARED])
