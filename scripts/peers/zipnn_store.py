"""Compresses weights with zipnn and zstd: zipnn_store.py DTYPE RUNS TABLE FILE [BASE]

Writes rows of a table, with tabs between their cells: name, percent saved, and GB per CPU-second of the fastest run in each direction. With BASE, the
exclusive or of both files is compressed, and no times are printed.
"""

import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy
import zipnn
import zstandard


def fastest(runs, act):
    best, made = float("inf"), None
    for _ in range(runs):
        start = time.process_time()
        made = act()
        best = min(best, time.process_time() - start)
    return best, made


def main(dtype, runs, table, path, base=None):
    data = numpy.fromfile(path, numpy.uint8)
    name = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}[dtype]
    if base is not None:
        data = data ^ numpy.fromfile(base, numpy.uint8)
    content = data.tobytes()
    coder = zipnn.ZipNN(input_format="byte", bytearray_dtype=name, threads=1)
    zstd, unzstd = zstandard.ZstdCompressor(level=3), zstandard.ZstdDecompressor()
    coders = [
        ("zipnn", lambda: coder.compress(bytearray(content)), lambda made: coder.decompress(made)),
        ("zstd -3", lambda: zstd.compress(content), lambda made: unzstd.decompress(made)),
    ]
    rows = []
    for title, compress, decompress in coders:
        seconds, made = fastest(1 if base else runs, compress)
        back, found = fastest(1 if base else runs, lambda: decompress(made))
        if bytes(found) != content:
            sys.exit(f"{title} gives other bytes back")
        cells = [title + (" of the XOR" if base else ""), f"{100 * (1 - len(made) / len(content)):.2f}"]
        cells += ["", ""] if base else [f"{len(content) / 1e9 / value:.2f}" for value in (seconds, back)]
        rows.append("\t".join(cells))
    with open(table, "w") as file:
        file.write("\n".join(rows))


main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
