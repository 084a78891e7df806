// Weights of any source type to ggml's blocks and back, tile by tile, so that neither the weights nor the decoded ones
// leave a core's nearest cache. Q4_0 and Q8_0 under ggml's rule are encoded, decoded and measured block by block in
// registers; sums are added in the order of Measure.h.

enum { CONVERT_TILE = 4096 };

/// For each of 16 vectors the greatest of its lanes, as signed or unsigned numbers.
#define GREATEST_OF_EACH(name, type) \
    INLINE type name(const type *rows) { \
        type pairs[8], fours[4], eights[2]; \
        for (int i = 0; i < 8; i++) { \
            type a = rows[2 * i], b = rows[2 * i + 1]; \
            pairs[i] = __builtin_elementwise_max( \
                SHUFFLED(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29), \
                SHUFFLED(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)); \
        } \
        for (int i = 0; i < 4; i++) { \
            type a = pairs[2 * i], b = pairs[2 * i + 1]; \
            fours[i] = __builtin_elementwise_max( \
                SHUFFLED(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29), \
                SHUFFLED(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)); \
        } \
        for (int i = 0; i < 2; i++) \
            eights[i] = __builtin_elementwise_max( \
                EVEN_QUARTERS(fours[2 * i], fours[2 * i + 1]), ODD_QUARTERS(fours[2 * i], fours[2 * i + 1])); \
        return __builtin_elementwise_max( \
            EVEN_QUARTERS(eights[0], eights[1]), ODD_QUARTERS(eights[0], eights[1])); \
    }
GREATEST_OF_EACH(greatest_signed, i32x16)
GREATEST_OF_EACH(greatest_unsigned, u32x16)

/// The scales of 16 blocks of 32: what weights are multiplied by, and what is stored, also as a float.
typedef struct {
    float inverse[16], step[16];
    uint16_t halves[16];
} direct_scales;

/// The first of 32 weights with this magnitude.
static float first_with(const float *x, float greatest) {
    for (int i = 0; i < 31; i++)
        if (x[i] == greatest || x[i] == -greatest) return x[i];
    return x[31];
}

/// The scales of Q4_0 or Q8_0, as their encoders in EncodeLegacy.h find them.
/// - Returns: 0 where a number is unusual, which those encoders shall see to.
INLINE int find_scales(int type, const float *x, direct_scales *scales) {
    i32x16 high[16];
    u32x16 low[16];
    f32x16 extreme, greatest;
    if (type == INGOT_Q8_0) {
        for (int block = 0; block < 16; block++)
            high[block] = __builtin_elementwise_max(
                (i32x16)magnitude(LOAD(f32x16, x + 32 * block)), (i32x16)magnitude(LOAD(f32x16, x + 32 * block + 16)));
        extreme = greatest = (f32x16)greatest_signed(high);
    } else {
        // The bits of the greatest number above zero are the greatest as signed ones; of the least below, as unsigned.
        for (int block = 0; block < 16; block++) {
            i32x16 first = LOAD(i32x16, x + 32 * block), second = LOAD(i32x16, x + 32 * block + 16);
            high[block] = __builtin_elementwise_max(first, second);
            low[block] = __builtin_elementwise_max((u32x16)first, (u32x16)second);
        }
        i32x16 above = __builtin_elementwise_max(greatest_signed(high), (i32x16){});
        i32x16 negative = (i32x16)greatest_unsigned(low), below = negative & (negative >> 31) & 0x7FFFFFFF;
        greatest = (f32x16)__builtin_elementwise_max(above, below);
        extreme = (f32x16)((i32x16)greatest | ((i32x16)(below > above) & INT32_MIN));
        i32x16 isBoth = (i32x16)(above == below) & (i32x16)(above != 0);
        if (__builtin_reduce_or(isBoth)) {
            for (int block = 0; block < 16; block++)
                if (isBoth[block]) extreme[block] = first_with(x + 32 * block, greatest[block]);
        }
    }
    f32x16 scale = type == INGOT_Q8_0 ? greatest / 127.0f : extreme / -8.0f, inverse = inverse_of(scale);
    u32x16 halves = to_halves(scale);
    i32x16 isUsual = (i32x16)(greatest <= 1e10f) & (i32x16)(magnitude(inverse) < __builtin_inff())
        & (i32x16)((halves & 0x7C00) != 0x7C00);
    if (__builtin_reduce_or(~isUsual)) return 0;
    STORE(scales->inverse, inverse);
    STORE(scales->step, from_halves(halves));
    STORE(scales->halves, __builtin_convertvector(halves, u16x16));
    return 1;
}

/// The codes of 16 weights.
INLINE i32x16 direct_codes(int type, f32x16 x, float inverse, i32x16 *clipped) {
    if (type == INGOT_Q8_0) return rounded_away(x * inverse);
    // Between 0.5 and 16.5 before it is cut.
    i32x16 code = truncated(x * inverse + 8.5f), kept = __builtin_elementwise_min(code, (i32x16){} + 15);
    *clipped += code - kept;
    return kept;
}

/// A whole tile. The sums are those of `measure_tile`.
/// - Returns: 0 where a number is unusual; nothing then counts.
INLINE int convert_directly(int type, const float *x, uint8_t *blocks, ingot_encode_counts *counts,
    ingot_errors *errors) {
    const int offset = type == INGOT_Q8_0 ? 0 : 8;
    float_errors sums = {};
    i32x16 clipped = {};
    direct_scales scales;
    for (int strip = 0; strip < CONVERT_TILE / 256; strip++, x += 256) {
        if (strip % 2 == 0 && !find_scales(type, x, &scales)) return 0;
        f32x16 errorSum = {}, weightSum = {}, productSum = {}, decodedSum = {};
        for (int block = 0; block < 8; block++) {
            int lane = strip % 2 * 8 + block;
            i32x16 codes[2];
            for (int half = 0; half < 2; half++) {
                f32x16 weight = LOAD(f32x16, x + 32 * block + 16 * half);
                codes[half] = direct_codes(type, weight, scales.inverse[lane], &clipped);
                f32x16 value = floats_of_ints(codes[half] - offset) * scales.step[lane];
                f32x16 error = weight - value;
                note_extremes(&sums, weight, value, error);
                errorSum += error * error;
                weightSum += weight * weight;
                productSum += weight * value;
                decodedSum += value * value;
            }
            memcpy(blocks, scales.halves + lane, 2);
            u8x16 first = bytes_of_ints(codes[0]), second = bytes_of_ints(codes[1]);
            if (type == INGOT_Q8_0) {
                STORE(blocks + 2, first);
                STORE(blocks + 18, second);
                blocks += 34;
            } else {
                STORE(blocks + 2, first | second << 4);
                blocks += 18;
            }
        }
        sums.error += __builtin_convertvector(errorSum, f64x16);
        sums.weight += __builtin_convertvector(weightSum, f64x16);
        sums.product += __builtin_convertvector(productSum, f64x16);
        sums.decoded += __builtin_convertvector(decodedSum, f64x16);
    }
    if (!is_summed(&sums, 0)) return 0;
    counts->clipped += (uint64_t)__builtin_reduce_add(clipped);
    add_sums(&sums, errors);
    return 1;
}

static int convert_q4_0(const float *x, uint8_t *blocks, ingot_encode_counts *counts, ingot_errors *errors) {
    return convert_directly(INGOT_Q4_0, x, blocks, counts, errors);
}
static int convert_q8_0(const float *x, uint8_t *blocks, ingot_encode_counts *counts, ingot_errors *errors) {
    return convert_directly(INGOT_Q8_0, x, blocks, counts, errors);
}

/// Weights as floats; `count` is a multiple of 32.
INLINE void widen_rows(int dtype, const uint8_t *input, size_t count, float *weights) {
    for (size_t place = 0; place < count; place += INGOT_ROW)
        store_row(INGOT_F32, load_row(dtype, input + place * bytes_of(dtype)), (uint8_t *)(weights + place));
}

static void blocks_convert(int type, const ingot_encode_options *options, int dtype, const uint8_t *input,
    size_t count, uint8_t *blocks, ingot_encode_counts *counts, ingot_errors *errors) {
    block_encoder encoder;
    if (!find_encoder(type, &encoder)) return;
    float weights[CONVERT_TILE], decoded[CONVERT_TILE];
    size_t elements = (size_t)encoder.elements, bytes = (size_t)encoder.bytes;
    for (size_t start = 0; start < count; start += CONVERT_TILE) {
        size_t part = count - start < CONVERT_TILE ? count - start : CONVERT_TILE, first = start / elements;
        const uint8_t *source = input + start * bytes_of(dtype);
        switch (dtype) {
        case INGOT_BF16: widen_rows(INGOT_BF16, source, part, weights); break;
        case INGOT_F16: widen_rows(INGOT_F16, source, part, weights); break;
        default: widen_rows(INGOT_F32, source, part, weights); break;
        }
        uint8_t *target = blocks + first * bytes;
        if (!options->best && part == CONVERT_TILE) {
            if (type == INGOT_Q4_0 && convert_q4_0(weights, target, counts, errors)) continue;
            if (type == INGOT_Q8_0 && convert_q8_0(weights, target, counts, errors)) continue;
        }
        ingot_encode_counts found = {};
        blocks_encode(type, options, weights, 1, part, NULL, target, &found);
        if (counts->special == 0 && found.special > 0) counts->first_special = first + found.first_special;
        counts->special += found.special;
        counts->clipped += found.clipped;
        blocks_decode(type, target, part / elements, decoded);
        measure_tile(0, weights, decoded, NULL, part, errors);
    }
}
