"""GGUF files that Ingot quantizes, against llama.cpp's own quantizer and runtime."""

import ctypes
import math
from collections import defaultdict

import llama_cpp
import numpy

import gguf_file

FAMILIES = {"gpt2", "llama", "mixtral", "qwen3"}
# Names of schemes and llama.cpp's file types.
SCHEMES = {
    "q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0,
    "q4_1": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_1,
    "q5_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_0,
    "q5_1": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_1,
    "q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "gguf-q2_k": llama_cpp.LLAMA_FTYPE_MOSTLY_Q2_K,
    "q3_k_s": llama_cpp.LLAMA_FTYPE_MOSTLY_Q3_K_S,
    "q3_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q3_K_M,
    "q3_k_l": llama_cpp.LLAMA_FTYPE_MOSTLY_Q3_K_L,
    "q4_k_s": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_S,
    "q4_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
    "q5_k_s": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_S,
    "q5_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "gguf-q6_k": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
    "iq4_nl": llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_NL,
    "iq4_xs": llama_cpp.LLAMA_FTYPE_MOSTLY_IQ4_XS,
    "tq1_0": llama_cpp.LLAMA_FTYPE_MOSTLY_TQ1_0,
    "tq2_0": llama_cpp.LLAMA_FTYPE_MOSTLY_TQ2_0,
    "mxfp4_moe": llama_cpp.LLAMA_FTYPE_MOSTLY_MXFP4_MOE,
}
# One type for all matrices, for which llama.cpp has no file type: its quantizer is told `pure`, and the tensors' type.
PURE = {"gguf-mxfp4": (llama_cpp.LLAMA_FTYPE_MOSTLY_MXFP4_MOE, 39)}
# Without fused multiply-add every byte is equal. A build with it rounds sums otherwise, so that a search over scales
# may end elsewhere; as many blocks of a type may differ then. Types that search nothing have no excuse.
MAY_DIFFER = {"Q2_K": 0.02, "Q3_K": 0.02, "Q4_K": 0.02, "Q5_K": 0.02, "Q6_K": 0.02, "IQ4_NL": 0.02, "IQ4_XS": 0.02}
PERPLEXITY = 0.005
# Schemes that are made by the better encoders too, whose perplexity may be so much above the reference's: less error of
# the weights is no promise for every text.
BEST = ("q4_0", "q4_k_m", "gguf-mxfp4")
BEST_PERPLEXITY = 0.02
WINDOW, WINDOWS = 256, 4


@llama_cpp.llama_log_callback
def silence(level, text, data):
    """Takes the place of llama.cpp's log, which tells every tensor."""


def quantize(source, target, scheme):
    """llama.cpp's own file; what it said instead, or None."""
    file_type, pure = PURE.get(scheme) or (SCHEMES[scheme], None)
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.nthread = 2
    parameters.ftype = file_type
    if pure is not None:
        parameters.pure = True
        parameters.output_tensor_type = parameters.token_embedding_type = pure
    code = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(parameters))
    return None if code == 0 else f"llama_model_quantize returned {code}"


def load(path):
    """The model in llama.cpp, its cache in float32."""
    return llama_cpp.Llama(
        str(path), n_ctx=2 * WINDOW, n_threads=2, logits_all=True, verbose=False, type_k=0, type_v=0, seed=0
    )


def mean_loss(llama, tokens):
    """The mean loss in nats over windows of a text, each token after the window's own before it."""
    total = count = 0
    for start in range(0, min(len(tokens) - 1, WINDOW * WINDOWS) - WINDOW + 1, WINDOW):
        llama.reset()
        llama.eval(tokens[start : start + WINDOW])
        logits = numpy.array(llama.scores[:WINDOW], dtype=numpy.float64)
        logits -= logits.max(axis=1, keepdims=True)
        wanted = tokens[start + 1 : start + WINDOW + 1]
        total -= (logits[range(WINDOW), wanted] - numpy.log(numpy.exp(logits).sum(axis=1))).sum()
        count += WINDOW
    return total / count


def greedy(llama, tokens, count=32):
    """The tokens that follow a prompt, the likeliest each time."""
    llama.reset()
    llama.eval(tokens)
    found = []
    for _ in range(count):
        found.append(int(numpy.argmax(llama.scores[llama.n_tokens - 1])))
        llama.eval(found[-1:])
    return found


def compare(tally, subject, ours, theirs, is_pure):
    """Types, metadata and bytes; whether every tensor is equal."""
    (metadata, tensors), (wanted_metadata, wanted) = gguf_file.read(ours), gguf_file.read(theirs)
    # There is no file type that would be true.
    keys = sorted((metadata.keys() | wanted_metadata.keys()) - ({"general.file_type"} if is_pure else set()))
    problems = [
        f"{key} is {str(metadata.get(key, 'absent'))[:40]}, not {str(wanted_metadata.get(key, 'absent'))[:40]}"
        for key in keys
        if metadata.get(key, "absent") != wanted_metadata.get(key, "absent")
    ]
    tally.note(subject, "metadata: as llama.cpp's", problems, f"{len(keys)} keys")
    problems = [f"{name} is in one file only" for name in sorted(tensors.keys() ^ wanted.keys())]
    both = sorted(tensors.keys() & wanted.keys())
    problems += [
        f"{name} is {tensors[name].type}, not {wanted[name].type}"
        for name in both
        if tensors[name][:2] != wanted[name][:2]
    ]
    tally.note(subject, "types and shapes: as llama.cpp's", problems, f"{len(both)} tensors")
    if problems:
        return False
    unequal, counts, kinds = defaultdict(int), defaultdict(int), sorted({wanted[name].type for name in both})
    for name in both:
        different, count = gguf_file.unequal_blocks(tensors[name], wanted[name])
        unequal[wanted[name].type] += different
        counts[wanted[name].type] += count
    phrases = [f"{kind}: {unequal[kind]} of {counts[kind]} blocks differ" for kind in kinds if unequal[kind]]
    problems = [
        phrase
        for kind, phrase in zip([kind for kind in kinds if unequal[kind]], phrases)
        if unequal[kind] > MAY_DIFFER.get(kind, 0) * counts[kind]
    ]
    tally.note(subject, "bytes: as llama.cpp's", problems, "; ".join(phrases) or f"equal: {', '.join(kinds)}")
    return not any(unequal.values())


def check_scheme(ingot, tally, name, scheme, source, work, tokens_of):
    """One scheme of one model."""
    subject = f"{name}:{scheme}"
    ours, theirs = work / f"{scheme}.gguf", work / f"{scheme}-llama.gguf"
    said = ingot.run("convert", name, "--to", scheme, "--as", subject) or ingot.run("export", subject, ours)
    refused = quantize(source, theirs, scheme)
    if said or refused:
        # What both refuse is in order.
        problems = [] if said and refused else [said or refused]
        return tally.note(subject, "convert and export", problems, f"refused by both: {said}"[:100])
    equal = compare(tally, subject, ours, theirs, scheme in PURE)
    try:
        llama = load(ours)
        tokens = tokens_of(llama)
        loss, continuation = mean_loss(llama, tokens), greedy(llama, tokens[:24])
        del llama
        llama = load(theirs)
        own = greedy(llama, tokens[:24])
        wanted = loss if equal else mean_loss(llama, tokens)
        del llama
    except (ValueError, RuntimeError) as error:
        return tally.note(subject, "llama.cpp runs it", [f"{type(error).__name__}: {error}"])
    ratio = math.exp(loss - wanted) - 1
    same = sum(one == other for one, other in zip(continuation, own))
    detail = f"perplexity {math.exp(loss):.4f}, llama.cpp's {math.exp(wanted):.4f} ({ratio:+.3%})"
    if equal:
        detail = f"perplexity {math.exp(loss):.4f}, bytes equal"
    tally.note(subject, "llama.cpp runs it", [detail] if abs(ratio) > PERPLEXITY else [], detail)
    detail = f"{same} of 32 greedy tokens are its own file's"
    tally.note(subject, "greedy tokens: as llama.cpp's", [detail] if equal and same < 32 else [], detail)
    if scheme in BEST:
        check_best(ingot, tally, name, scheme, loss, work, tokens_of)


def check_best(ingot, tally, name, scheme, reference, work, tokens_of):
    """The same scheme by the better encoder: not worse than the reference's loss by more than a margin."""
    subject = f"{name}:{scheme}-best"
    path = work / f"{scheme}-best.gguf"
    said = ingot.run("convert", name, "--to", scheme, "--encoder", "best", "--as", subject)
    said = said or ingot.run("export", subject, path)
    if said:
        return tally.note(subject, "convert and export", [said])
    try:
        llama = load(path)
        loss = mean_loss(llama, tokens_of(llama))
        del llama
    except (ValueError, RuntimeError) as error:
        return tally.note(subject, "llama.cpp runs it", [f"{type(error).__name__}: {error}"])
    ratio = math.exp(loss - reference) - 1
    detail = f"perplexity {math.exp(loss):.4f}, the reference encoder's {math.exp(reference):.4f} ({ratio:+.3%})"
    tally.note(subject, "llama.cpp runs it", [detail] if not ratio <= BEST_PERPLEXITY else [], detail)


def check(ingot, tally, name, folder, work, text):
    """Every scheme of one model folder."""
    llama_cpp.llama_log_set(silence, ctypes.c_void_p(0))
    source = work / "source.gguf"
    said = ingot.run("export", name, source, "--format", "gguf")
    if said:
        return tally.note(name, "export to GGUF", [said])
    held_out = folder.parent / "val_tokens_2048.u16"
    stored = numpy.fromfile(held_out, dtype="<u2").tolist() if held_out.exists() else None

    def tokens_of(llama):
        fits = stored is not None and llama.n_vocab() == 2048
        return stored if fits else llama.tokenize(text.encode(), add_bos=False)

    for scheme in [*SCHEMES, *PURE]:
        check_scheme(ingot, tally, name, scheme, source, work, tokens_of)
