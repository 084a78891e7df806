"""GGUF files that Ingot quantizes, against llama.cpp's own quantizer and runtime."""

import ctypes
import math
from collections import defaultdict

import llama_cpp
import numpy

import gguf_file
from divergence import divergence, note_best
from stored import config_of

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
# Schemes of which llama.cpp's own file generates too; to load each twice would take long.
GREEDY = ("q4_0", "q8_0", "q4_k_m", "q5_k_m", "gguf-q6_k", "iq4_nl", "gguf-mxfp4")
# Schemes that are made by the better encoders too.
BEST = ("q4_0", "q4_k_m", "gguf-mxfp4")
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
    for start, logits in predictions(llama, tokens):
        logits = logits.astype(numpy.float64)
        logits -= logits.max(axis=1, keepdims=True)
        wanted = tokens[start + 1 : start + WINDOW + 1]
        total -= (logits[range(WINDOW), wanted] - numpy.log(numpy.exp(logits).sum(axis=1))).sum()
        count += WINDOW
    return total / count


def predictions(llama, tokens):
    """Windows of a text: where each starts, and the logits behind each of its tokens."""
    for start in range(0, min(len(tokens) - 1, WINDOW * WINDOWS) - WINDOW + 1, WINDOW):
        llama.reset()
        llama.eval(tokens[start : start + WINDOW])
        yield start, numpy.array(llama.scores[:WINDOW], dtype=numpy.float32)


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
        own, wanted = None, loss
        if scheme in GREEDY or not equal:
            llama = load(theirs)
            own = greedy(llama, tokens[:24])
            wanted = loss if equal else mean_loss(llama, tokens)
            del llama
    except (ValueError, RuntimeError) as error:
        return tally.note(subject, "llama.cpp runs it", [f"{type(error).__name__}: {error}"])
    ratio = math.exp(loss - wanted) - 1
    detail = f"perplexity {math.exp(loss):.4f}, llama.cpp's {math.exp(wanted):.4f} ({ratio:+.3%})"
    if equal:
        detail = f"perplexity {math.exp(loss):.4f}, bytes equal"
    tally.note(subject, "llama.cpp runs it", [detail] if abs(ratio) > PERPLEXITY else [], detail)
    if own:
        same = sum(one == other for one, other in zip(continuation, own))
        detail = f"{same} of 32 are its own file's"
        tally.note(subject, "greedy tokens: as llama.cpp's", [detail] if equal and same < 32 else [], detail)
    if scheme in BEST:
        check_best(ingot, tally, name, scheme, source, work, tokens_of)


def check_best(ingot, tally, name, scheme, source, work, tokens_of):
    """The same scheme by the better encoder: its predictions of a text are no farther from the source's."""
    subject = f"{name}:{scheme}-best"
    path = work / f"{scheme}-best.gguf"
    said = ingot.run("convert", name, "--to", scheme, "--encoder", "best", "--as", subject)
    said = said or ingot.run("export", subject, path)
    if said:
        return tally.note(subject, "convert and export", [said])
    try:
        llamas = [load(each) for each in (source, path, work / f"{scheme}.gguf")]
        tokens = tokens_of(llamas[0])
        windows = zip(*[predictions(each, tokens) for each in llamas])
        found = [
            (divergence(wanted, best), divergence(wanted, reference))
            for (_, wanted), (_, best), (_, reference) in windows
        ]
        del llamas
    except (ValueError, RuntimeError) as error:
        return tally.note(subject, "llama.cpp runs it", [f"{type(error).__name__}: {error}"])
    note_best(tally, subject, "llama.cpp runs it", *numpy.mean(found, axis=0))


def check_exchange(ingot, tally, name, first, second, rules, work, tokens_of):
    """MLX's or compressed-tensors' codes in a GGUF file: llama.cpp's loss against that of the same numbers in F32."""
    subject, source = f"{name}:{first}-{second}", f"{name}:{first}"
    ours, floats = work / f"{first}-{second}.gguf", work / f"{first}-f32.gguf"
    said = (
        ingot.run("convert", name, "--to", first, "--as", source)
        or ingot.run("export", source, floats, "--format", "gguf", "--dtype", "f32")
        or ingot.run("convert", source, "--to", second, "--as", subject, *rules)
        or ingot.run("export", subject, ours)
    )
    if said:
        return tally.note(subject, "convert and export", [said])
    losses = []
    for path in (ours, floats):
        llama = load(path)
        losses.append(mean_loss(llama, tokens_of(llama)))
        del llama
    ratio = math.exp(losses[0] - losses[1]) - 1
    detail = f"perplexity {math.exp(losses[0]):.4f}, of the same numbers in F32 {math.exp(losses[1]):.4f} ({ratio:+.3%})"
    tally.note(subject, "llama.cpp runs it", [detail] if abs(ratio) > PERPLEXITY else [], detail)


# Schemes whose codes a block type holds, and rules for the matrices that stay dense in them or would get another type.
EXCHANGES = (
    ("mlx-affine4-g64", "gguf-q4_1", ["--rule", "re:(token_embd|output).weight=gguf-q4_1"]),
    ("gptq-4-g32", "gguf-q4_0", ["--rule", "re:(token_embd|output).weight=f16"]),
    ("ct-mxfp4", "gguf-mxfp4", ["--rule", "re:(token_embd|output).weight=f16"]),
)


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
    if config_of(folder)["model_type"] not in {"gpt2", "mixtral"}:
        for first, second, rules in EXCHANGES:
            check_exchange(ingot, tally, name, first, second, rules, work, tokens_of)
