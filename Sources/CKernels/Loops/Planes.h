// Words in byte planes: what is predictable in them (the exponents) comes apart from what is not.

/// The greatest and the smallest of the words, each turned left by one bit where `turned`: the sign goes to the end.
#define INGOT_RANGE(name, word, bits) \
    static void name(const uint8_t *bytes, size_t count, int turned, uint64_t range[2]) { \
        const word *words = (const word *)bytes; \
        word low = (word)~(word)0, high = 0; \
        for (size_t i = 0; i < count; i++) { \
            word value = words[i]; \
            if (turned) value = (word)((word)(value << 1) | (word)(value >> (bits - 1))); \
            low = value < low ? value : low; \
            high = value > high ? value : high; \
        } \
        range[0] = low; \
        range[1] = high; \
    }

typedef uint16_t loose16 __attribute__((aligned(1), may_alias));
typedef uint32_t loose32 __attribute__((aligned(1), may_alias));
typedef uint64_t loose64 __attribute__((aligned(1), may_alias));

INGOT_RANGE(range16, loose16, 16)
INGOT_RANGE(range32, loose32, 32)
INGOT_RANGE(range64, loose64, 64)

static void planes_range(int width, const uint8_t *words, size_t count, int turned, uint64_t range[2]) {
    if (width == 2) range16(words, count, turned, range);
    else if (width == 4) range32(words, count, turned, range);
    else range64(words, count, turned, range);
}

/// Plane 0 receives the words' highest bytes. Each word is turned, lowered by `base`, and shifted left by `shift`.
#define INGOT_SPLIT(name, word, bits, turned) \
    static void name(const uint8_t *restrict bytes, size_t count, uint64_t base, int shift, uint8_t *restrict planes) { \
        const word *words = (const word *)bytes; \
        for (size_t i = 0; i < count; i++) { \
            word value = words[i]; \
            if (turned) value = (word)((word)(value << 1) | (word)(value >> (bits - 1))); \
            value = (word)((word)(value - (word)base) << shift); \
            for (int plane = 0; plane < bits / 8; plane++) \
                planes[(size_t)plane * count + i] = (uint8_t)(value >> (bits - 8 - 8 * plane)); \
        } \
    }

/// What `INGOT_SPLIT` made, in words again.
#define INGOT_JOIN(name, word, bits, turned) \
    static void name(const uint8_t *restrict planes, size_t count, uint64_t base, int shift, uint8_t *restrict bytes) { \
        word *words = (word *)bytes; \
        for (size_t i = 0; i < count; i++) { \
            word value = 0; \
            for (int plane = 0; plane < bits / 8; plane++) \
                value = (word)(value | (word)((word)planes[(size_t)plane * count + i] << (bits - 8 - 8 * plane))); \
            value = (word)((word)(value >> shift) + (word)base); \
            if (turned) value = (word)((word)(value >> 1) | (word)(value << (bits - 1))); \
            words[i] = value; \
        } \
    }

INGOT_SPLIT(split16, loose16, 16, 0)
INGOT_SPLIT(split16_turned, loose16, 16, 1)
INGOT_SPLIT(split32, loose32, 32, 0)
INGOT_SPLIT(split32_turned, loose32, 32, 1)
INGOT_SPLIT(split64, loose64, 64, 0)
INGOT_SPLIT(split64_turned, loose64, 64, 1)
INGOT_JOIN(join16, loose16, 16, 0)
INGOT_JOIN(join16_turned, loose16, 16, 1)
INGOT_JOIN(join32, loose32, 32, 0)
INGOT_JOIN(join32_turned, loose32, 32, 1)
INGOT_JOIN(join64, loose64, 64, 0)
INGOT_JOIN(join64_turned, loose64, 64, 1)

static void planes_split(
    int width, const uint8_t *words, size_t count, int turned, uint64_t base, int shift, uint8_t *planes) {
    if (width == 2) (turned ? split16_turned : split16)(words, count, base, shift, planes);
    else if (width == 4) (turned ? split32_turned : split32)(words, count, base, shift, planes);
    else (turned ? split64_turned : split64)(words, count, base, shift, planes);
}

static void planes_join(
    int width, const uint8_t *planes, size_t count, int turned, uint64_t base, int shift, uint8_t *words) {
    if (width == 2) (turned ? join16_turned : join16)(planes, count, base, shift, words);
    else if (width == 4) (turned ? join32_turned : join32)(planes, count, base, shift, words);
    else (turned ? join64_turned : join64)(planes, count, base, shift, words);
}

// MARK: Bytes whose low bits are zero, packed

/// Parts of the plane that keep their place, and the bits that each takes of the last part.
/// 6 bits: three parts take two bits each of a fourth; 7 bits: seven parts take one bit each of an eighth.
static void planes_pack(int shift, const uint8_t *restrict bytes, size_t count, uint8_t *restrict output) {
    int parts = shift == 2 ? 3 : 7, bits = shift == 2 ? 2 : 1;
    size_t part = (count + (size_t)parts) / (size_t)(parts + 1);
    for (int k = 0; k < parts; k++) {
        size_t start = (size_t)k * part < count ? (size_t)k * part : count;
        size_t own = count - start < part ? count - start : part;
        size_t last = (size_t)parts * part < count ? count - (size_t)parts * part : 0;
        size_t both = own < last ? own : last;
        const uint8_t *from = bytes + start, *spread = bytes + (count - last);
        uint8_t *to = output + (size_t)k * part;
        int mask = (1 << bits) - 1;
        for (size_t i = 0; i < both; i++)
            to[i] = (uint8_t)(from[i] | ((spread[i] >> (shift + bits * k)) & mask));
        for (size_t i = both; i < own; i++) to[i] = from[i];
        for (size_t i = own; i < part; i++) to[i] = 0;
    }
}

static void planes_unpack(int shift, const uint8_t *restrict input, size_t count, uint8_t *restrict bytes) {
    int parts = shift == 2 ? 3 : 7, bits = shift == 2 ? 2 : 1;
    size_t part = (count + (size_t)parts) / (size_t)(parts + 1);
    uint8_t low = (uint8_t)((1 << bits) - 1), high = (uint8_t)~low;
    for (int k = 0; k < parts; k++) {
        size_t start = (size_t)k * part < count ? (size_t)k * part : count;
        size_t own = count - start < part ? count - start : part;
        const uint8_t *from = input + (size_t)k * part;
        uint8_t *to = bytes + start;
        for (size_t i = 0; i < own; i++) to[i] = from[i] & high;
    }
    if (count <= (size_t)parts * part) return;
    size_t last = count - (size_t)parts * part;
    uint8_t *to = bytes + (size_t)parts * part;
    if (shift == 2) {
        for (size_t i = 0; i < last; i++)
            to[i] = (uint8_t)((input[i] & low) << 2 | (input[part + i] & low) << 4 | (input[2 * part + i] & low) << 6);
    } else {
        for (size_t i = 0; i < last; i++) {
            int value = 0;
            for (int k = 0; k < 7; k++) value |= (input[(size_t)k * part + i] & 1) << (1 + k);
            to[i] = (uint8_t)value;
        }
    }
}

// MARK: Differences

#define INGOT_DIFFERENCE(name, word, signed_word, bits) \
    static void name(const uint8_t *restrict bytes, const uint8_t *restrict bases, size_t count, int subtracts, \
        uint8_t *restrict output) { \
        const word *words = (const word *)bytes, *others = (const word *)bases; \
        word *result = (word *)output; \
        if (!subtracts) { \
            for (size_t i = 0; i < count; i++) result[i] = words[i] ^ others[i]; \
            return; \
        } \
        for (size_t i = 0; i < count; i++) { \
            word value = words[i], other = others[i]; \
            value = (word)((word)(value << 1) | (word)(value >> (bits - 1))); \
            other = (word)((word)(other << 1) | (word)(other >> (bits - 1))); \
            value = (word)(value - other); \
            result[i] = (word)((word)(value << 1) ^ (word)((signed_word)value >> (bits - 1))); \
        } \
    }

#define INGOT_SUM(name, word, bits) \
    static void name(const uint8_t *restrict bases, size_t count, int subtracts, uint8_t *restrict bytes) { \
        const word *others = (const word *)bases; \
        word *words = (word *)bytes; \
        if (!subtracts) { \
            for (size_t i = 0; i < count; i++) words[i] ^= others[i]; \
            return; \
        } \
        for (size_t i = 0; i < count; i++) { \
            word value = words[i], other = others[i]; \
            value = (word)((word)(value >> 1) ^ (word)(0 - (word)(value & 1))); \
            other = (word)((word)(other << 1) | (word)(other >> (bits - 1))); \
            value = (word)(value + other); \
            words[i] = (word)((word)(value >> 1) | (word)(value << (bits - 1))); \
        } \
    }

typedef uint8_t loose8 __attribute__((may_alias));
INGOT_DIFFERENCE(difference8, loose8, int8_t, 8)
INGOT_DIFFERENCE(difference16, loose16, int16_t, 16)
INGOT_DIFFERENCE(difference32, loose32, int32_t, 32)
INGOT_DIFFERENCE(difference64, loose64, int64_t, 64)
INGOT_SUM(sum8, loose8, 8)
INGOT_SUM(sum16, loose16, 16)
INGOT_SUM(sum32, loose32, 32)
INGOT_SUM(sum64, loose64, 64)

static void planes_difference(
    int width, const uint8_t *words, const uint8_t *bases, size_t count, int subtracts, uint8_t *output) {
    if (width == 1) difference8(words, bases, count, subtracts, output);
    else if (width == 2) difference16(words, bases, count, subtracts, output);
    else if (width == 4) difference32(words, bases, count, subtracts, output);
    else difference64(words, bases, count, subtracts, output);
}

static void planes_sum(int width, const uint8_t *bases, size_t count, int subtracts, uint8_t *words) {
    if (width == 1) sum8(bases, count, subtracts, words);
    else if (width == 2) sum16(bases, count, subtracts, words);
    else if (width == 4) sum32(bases, count, subtracts, words);
    else sum64(bases, count, subtracts, words);
}

// MARK: Words that are not zero

#define INGOT_ZEROS(name, word) \
    static size_t name(const uint8_t *bytes, size_t count) { \
        const word *words = (const word *)bytes; \
        size_t zeros = 0; \
        for (size_t i = 0; i < count; i++) zeros += words[i] == 0; \
        return zeros; \
    }

INGOT_ZEROS(zeros8, loose8)
INGOT_ZEROS(zeros16, loose16)
INGOT_ZEROS(zeros32, loose32)
INGOT_ZEROS(zeros64, loose64)

static size_t zero_words(int width, const uint8_t *words, size_t count) {
    if (width == 1) return zeros8(words, count);
    if (width == 2) return zeros16(words, count);
    if (width == 4) return zeros32(words, count);
    return zeros64(words, count);
}

#define INGOT_GATHER(name, word) \
    static size_t name(const uint8_t *bytes, size_t count, uint8_t *bitmap, uint8_t *output) { \
        const word *words = (const word *)bytes; \
        word *kept = (word *)output; \
        size_t done = 0; \
        for (size_t start = 0; start < count; start += 8) { \
            size_t rest = count - start < 8 ? count - start : 8; \
            int bits = 0; \
            for (size_t i = 0; i < rest; i++) { \
                word value = words[start + i]; \
                kept[done] = value; \
                done += value != 0; \
                bits |= (value != 0) << i; \
            } \
            bitmap[start / 8] = (uint8_t)bits; \
        } \
        return done; \
    }

/// `kept` has one word of room behind its last, so that reading needs no branch.
#define INGOT_SCATTER(name, word) \
    static void name(const uint8_t *bitmap, const uint8_t *input, size_t count, uint8_t *bytes) { \
        const word *kept = (const word *)input; \
        word *words = (word *)bytes; \
        size_t done = 0; \
        for (size_t start = 0; start < count; start += 8) { \
            size_t rest = count - start < 8 ? count - start : 8; \
            unsigned bits = bitmap[start / 8]; \
            for (size_t i = 0; i < rest; i++) { \
                word isKept = (word)((bits >> i) & 1); \
                words[start + i] = (word)(kept[done] * isKept); \
                done += isKept; \
            } \
        } \
    }

INGOT_GATHER(gather8, loose8)
INGOT_GATHER(gather16, loose16)
INGOT_GATHER(gather32, loose32)
INGOT_GATHER(gather64, loose64)
INGOT_SCATTER(scatter8, loose8)
INGOT_SCATTER(scatter16, loose16)
INGOT_SCATTER(scatter32, loose32)
INGOT_SCATTER(scatter64, loose64)

static size_t nonzero_gather(int width, const uint8_t *words, size_t count, uint8_t *bitmap, uint8_t *kept) {
    if (width == 1) return gather8(words, count, bitmap, kept);
    if (width == 2) return gather16(words, count, bitmap, kept);
    if (width == 4) return gather32(words, count, bitmap, kept);
    return gather64(words, count, bitmap, kept);
}

static void nonzero_scatter(int width, const uint8_t *bitmap, const uint8_t *kept, size_t count, uint8_t *words) {
    if (width == 1) scatter8(bitmap, kept, count, words);
    else if (width == 2) scatter16(bitmap, kept, count, words);
    else if (width == 4) scatter32(bitmap, kept, count, words);
    else scatter64(bitmap, kept, count, words);
}
