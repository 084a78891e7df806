"""Quantizes a GGUF file with llama.cpp: llama_quantize.py IN.gguf OUT.gguf TYPE THREADS. Without arguments: only loads."""

import ctypes
import sys

import llama_cpp

TYPES = {
    "q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0,
    "q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "q4_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
}


@llama_cpp.llama_log_callback
def ignore(level, text, data):
    """llama.cpp tells a line for each tensor."""


def main(arguments):
    if not arguments:
        return
    source, target, kind, threads = arguments
    llama_cpp.llama_log_set(ignore, ctypes.c_void_p(0))
    settings = llama_cpp.llama_model_quantize_default_params()
    settings.ftype = TYPES[kind]
    settings.nthread = int(threads)
    if llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(settings)) != 0:
        sys.exit(f"llama.cpp did not quantize {source}")


main(sys.argv[1:])
