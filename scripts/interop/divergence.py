"""How far a variant's predictions are from its source's."""

import numpy

# A better encoder's divergence may be so much larger than the reference's: less error of the weights is no promise for
# a few hundred tokens.
BEST_MARGIN = 1.05


def divergence(source, variant):
    """The mean Kullback-Leibler divergence in nats of next tokens, of logits [tokens, vocabulary].

    Unlike a distance of logits it does not see what no prediction depends on, such as a constant on all of them.
    """
    wanted, found = (logarithms(numpy.asarray(each, dtype=numpy.float32)) for each in (source, variant))
    return float((numpy.exp(wanted) * (wanted - found)).sum(axis=-1, dtype=numpy.float64).mean())


def logarithms(logits):
    """Logarithms of the probabilities that logits stand for."""
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - numpy.log(numpy.exp(logits).sum(axis=-1, keepdims=True))


def note_best(tally, subject, check, best, reference):
    """Notes whether the better encoder's divergence from the source is no larger than the reference encoder's."""
    detail = f"divergence from the source {best:.4g} nats, the reference encoder's {reference:.4g}"
    tally.note(subject, check, [] if best <= BEST_MARGIN * reference else [detail], detail)
