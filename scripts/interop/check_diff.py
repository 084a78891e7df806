#!/usr/bin/env python3
"""Checks what `ingot diff` measures against NumPy in float64, on two safetensors models made for it from a seed.

The models have tensors that are the same, that were rounded to BF16 and F16, changed a little and much, renamed, given
more rows, added, removed, and with numbers that are not finite.
"""

import argparse
import json
import pathlib
import tempfile

import numpy
from safetensors.numpy import save_file

from harness import Ingot, Tally


def bf16(values):
    """float32 numbers rounded to BF16, nearest even, as float32."""
    bits = values.astype(numpy.float32).view(numpy.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(numpy.float32)


def models(seed):
    """The tensors of both models."""
    random = numpy.random.default_rng(seed)

    def weights(*shape):
        return random.normal(0, 0.02, shape).astype(numpy.float32)

    first, second = {}, {}
    for layer in range(4):
        stem = f"model.layers.{layer}."
        first[stem + "same.weight"] = second[stem + "same.weight"] = weights(64, 96)
        near = weights(257, 131)
        first[stem + "near.weight"] = near
        second[stem + "near.weight"] = near + random.normal(0, 1e-5, near.shape).astype(numpy.float32)
        first[stem + "far.weight"], second[stem + "far.weight"] = weights(300, 511), weights(300, 511)
        first[stem + "half.weight"] = weights(33, 65)
        second[stem + "half.weight"] = first[stem + "half.weight"].astype(numpy.float16)
        first[stem + "rounded.weight"] = weights(48, 48)
        second[stem + "rounded.weight"] = bf16(first[stem + "rounded.weight"])
        moved = weights(128, 128)
        first[stem + "old_name"] = moved
        second[stem + "new_name"] = moved * numpy.float32(1.01) + random.normal(0, 1e-4, moved.shape).astype(
            numpy.float32
        )
    first["embed"] = weights(100, 32)
    second["embed"] = numpy.concatenate([first["embed"][:90] * 2, weights(40, 32), weights(10, 32)])
    special = weights(40, 50)
    first["special"] = special.copy()
    second["special"] = special * numpy.float32(1.5)
    for tensors in (first, second):
        tensors["special"][3, 4] = numpy.nan
    first["special"][7, 8] = numpy.inf
    first["gone"], second["more"] = weights(7, 9), weights(11, 13)
    return first, second


def measures(one, other):
    """What NumPy says of a pair."""
    rows = min(len(one), len(other))
    one, other = one[:rows].astype(numpy.float64), other[:rows].astype(numpy.float64)
    finite = numpy.isfinite(one) & numpy.isfinite(other)
    a, b = numpy.where(finite, one, 0), numpy.where(finite, other, 0)
    error = b - a
    place = numpy.unravel_index(numpy.argmax(abs(error)), error.shape)
    return {
        "rel_rmse": numpy.sqrt((error**2).sum() / (a**2).sum()),
        "cosine": (a * b).sum() / numpy.sqrt((a**2).sum() * (b**2).sum()),
        "maximum_difference": abs(error).max(),
        "maximum_at": [int(index) for index in place],
        "elements": error.size,
        "nonfinite_elements": int((~finite).sum()),
    }


def problems_of(tensor, first, second):
    """How a measured tensor of the report differs from NumPy."""
    expected = measures(first[tensor["name"]], second[tensor["other_name"] or tensor["name"]])
    problems = []
    for key, value in expected.items():
        found = tensor[key]
        if isinstance(value, float):
            if found is None or abs(found - value) > 1e-12 * max(abs(value), 1e-300):
                problems.append(f"{tensor['name']}: {key} is {found}, NumPy has {value}")
        elif key == "maximum_at" and expected["maximum_difference"] == 0:
            continue
        elif found != value:
            problems.append(f"{tensor['name']}: {key} is {found}, NumPy has {value}")
    return problems


def expected_status(name):
    """What becomes of each tensor of the first model."""
    for part, status in [
        ("same", "identical"), ("near", "changed"), ("far", "changed"), ("half", "equal"), ("rounded", "changed"),
        ("old_name", "renamed"), ("embed", "reshaped"), ("special", "changed"), ("gone", "removed"), ("more", "added"),
    ]:
        if part in name:
            return status
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ingot", required=True, type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        ingot = Ingot(arguments.ingot, work / "home")
        first, second = models(arguments.seed)
        for name, tensors in (("first", first), ("second", second)):
            save_file(tensors, work / f"{name}.safetensors")
            problem = ingot.run("register", work / f"{name}.safetensors", "--as", name)
            if problem:
                raise SystemExit(problem)
        text, problem = ingot.report("diff", "first", "second", "--tensors", "--json")
        if problem:
            raise SystemExit(problem)
        report = json.loads(text)
        names = [tensor["name"] for tensor in report["tensors"]]
        tally.note("diff", "lists every tensor once", [] if len(names) == len(set(names)) == 28 else [f"{len(names)}"])
        wrong = [
            f"{tensor['name']} is {tensor['status']}"
            for tensor in report["tensors"]
            if tensor["status"] != expected_status(tensor["name"])
        ]
        tally.note("diff", "tells what became of each", wrong)
        measured = [tensor for tensor in report["tensors"] if tensor["elements"] is not None]
        wrong = [problem for tensor in measured for problem in problems_of(tensor, first, second)]
        tally.note("diff", "measures as NumPy does in float64", wrong, f"{len(measured)} tensors, seed {arguments.seed}")
    print(f"{tally.passed} passed, {tally.failed} failed")
    raise SystemExit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
