"""What a GGUF file holds, read without any library, so that bytes are compared as they are stored."""

import struct
from pathlib import Path
from typing import NamedTuple

# Metadata value types: the struct code of each number; 8 is a string, 9 an array.
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
# Tensor types: name, weights a block, bytes a block. Source: the GGUF specification, and ggml for the newer ones.
TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 20: ("IQ4_NL", 32, 18), 23: ("IQ4_XS", 256, 136),
    30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36),
}  # fmt: skip


class Tensor(NamedTuple):
    """One tensor: its type's name, sizes with the innermost first, bytes of a block, and bytes."""

    type: str
    shape: tuple
    block: int
    data: memoryview


class Reader:
    """Takes little-endian values one after another."""

    def __init__(self, content):
        self.content = content
        self.place = 0

    def number(self, code):
        (value,) = struct.unpack_from("<" + code, self.content, self.place)
        self.place += struct.calcsize("<" + code)
        return value

    def text(self):
        length = self.number("Q")
        self.place += length
        return self.content[self.place - length : self.place].decode()

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            kind, count = self.number("I"), self.number("Q")
            return [self.value(kind) for _ in range(count)]
        return self.number(NUMBERS[kind])


def read(path):
    """The metadata and the tensors of a file, each by name."""
    content = Path(path).read_bytes()
    reader = Reader(content)
    if content[:4] != b"GGUF":
        raise ValueError(f"{path} is no GGUF file")
    reader.place = 8
    tensor_count, entry_count = reader.number("Q"), reader.number("Q")
    metadata = {}
    for _ in range(entry_count):
        key = reader.text()
        metadata[key] = reader.value(reader.number("I"))
    entries = []
    for _ in range(tensor_count):
        name = reader.text()
        shape = tuple(reader.number("Q") for _ in range(reader.number("I")))
        entries.append((name, shape, reader.number("I"), reader.number("Q")))
    alignment = metadata.get("general.alignment", 32)
    start = -(-reader.place // alignment) * alignment
    tensors = {}
    for name, shape, kind, offset in entries:
        label, weights, block = TYPES[kind]
        count = block
        for size in shape:
            count *= size
        data = memoryview(content)[start + offset : start + offset + count // weights]
        tensors[name] = Tensor(label, shape, block, data)
    return metadata, tensors


def unequal_blocks(found, wanted):
    """How many blocks of two tensors of one type differ, and how many there are."""
    size = found.block
    starts = range(0, len(wanted.data), size)
    if found.data == wanted.data:
        return 0, len(starts)
    return sum(found.data[start : start + size] != wanted.data[start : start + size] for start in starts), len(starts)
