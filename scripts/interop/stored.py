"""What a folder of safetensors holds, read without any library, so that bytes are compared as they are stored."""

import hashlib
import json
import struct
from pathlib import Path
from typing import NamedTuple


class Stored(NamedTuple):
    """One tensor of a file: dtype as safetensors spells it, shape outermost first, little-endian bytes."""

    dtype: str
    shape: tuple
    data: bytes


def tensors_of_file(path):
    """Every tensor of one safetensors file, by name."""
    content = Path(path).read_bytes()
    (header_length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + header_length])
    header.pop("__metadata__", None)
    start = 8 + header_length
    found = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        found[name] = Stored(entry["dtype"], tuple(entry["shape"]), content[start + first : start + end])
    return found


def tensors_of_folder(folder):
    """Every tensor of a folder's safetensors files, by name. A name in two files is an error."""
    found = {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        for name, tensor in tensors_of_file(path).items():
            if name in found:
                raise ValueError(f"{folder}: tensor '{name}' is in two files")
            found[name] = tensor
    return found


def file_digests(folder):
    """SHA-256 of every file below a folder, by relative path."""
    folder = Path(folder)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def config_of(folder):
    """The folder's config.json."""
    return json.loads((Path(folder) / "config.json").read_text())


def differences(found, wanted, allowed_extra=()):
    """What differs between two sets of tensors, a phrase each; names in `allowed_extra` may be in `found` alone."""
    phrases = [f"{name} is missing" for name in sorted(wanted.keys() - found.keys())]
    phrases += [f"{name} is too much" for name in sorted(found.keys() - wanted.keys() - set(allowed_extra))]
    for name in sorted(found.keys() & wanted.keys()):
        phrases += tensor_differences(name, found[name], wanted[name])
    return phrases


def tensor_differences(name, found, wanted):
    """What differs between two tensors of one name."""
    if found == wanted:
        return []
    if found.dtype != wanted.dtype or found.shape != wanted.shape:
        return [f"{name} is {found.dtype} {list(found.shape)}, not {wanted.dtype} {list(wanted.shape)}"]
    if ".quant_state." in name:
        return [f"{name} is {found.data!r}, not {wanted.data!r}"]
    unequal = [index for index, pair in enumerate(zip(found.data, wanted.data)) if pair[0] != pair[1]]
    return [f"{name} differs in {len(unequal)} of {len(found.data)} bytes, first at {unequal[0]}"]
