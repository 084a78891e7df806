#include "Level.h"

int ingot_best_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2")) return INGOT_PORTABLE;
    int wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return wide ? INGOT_AVX512 : INGOT_AVX2;
#else
    return INGOT_PORTABLE;
#endif
}

static const ingot_level *functions(int level) {
#if defined(__x86_64__)
    if (level == INGOT_AVX512) return &ingot_level_avx512;
    if (level == INGOT_AVX2) return &ingot_level_avx2;
#endif
    (void)level;
    return &ingot_level_portable;
}

void ingot_statistics_update(int level, int type, ingot_statistics *state, const uint8_t *bytes, size_t count) {
    functions(level)->statistics(type, state, bytes, count);
}

void ingot_four_bit_encode(int level, const ingot_four_bit *form, const uint8_t *input, size_t count, uint8_t *codes,
    float *absmax) {
    functions(level)->encode(form, input, count, codes, absmax);
}

void ingot_four_bit_decode(int level, const ingot_four_bit *form, const uint8_t *codes, const float *absmax,
    size_t count, uint8_t *output) {
    functions(level)->decode(form, codes, absmax, count, output);
}

void ingot_four_bit_measure(int level, const ingot_four_bit *form, const uint8_t *input, const uint8_t *codes,
    const float *absmax, size_t count, ingot_errors *errors) {
    functions(level)->measure(form, input, codes, absmax, count, errors);
}

void ingot_four_bit_search(int level, const ingot_four_bit *form, const uint8_t *input, const float *importance,
    size_t columns, size_t first, size_t count, uint8_t *codes, float *absmax) {
    functions(level)->search(form, input, importance, columns, first, count, codes, absmax);
}

void ingot_measure_floats(int level, const float *weights, const float *decoded, const float *importance,
    size_t columns, size_t count, ingot_errors *errors) {
    functions(level)->measure_floats(weights, decoded, importance, columns, count, errors);
}

void ingot_floats_difference(int level, const uint8_t *first, const uint8_t *second, size_t count,
    ingot_difference *difference) {
    functions(level)->floats_difference(first, second, count, difference);
}

void ingot_floats_scale(int level, const float *numbers, float factor, size_t count, float *output) {
    functions(level)->floats_scale(numbers, factor, count, output);
}

void ingot_floats_add_scaled(int level, const float *numbers, float factor, size_t count, float *sums) {
    functions(level)->floats_add_scaled(numbers, factor, count, sums);
}

void ingot_codes_decode(int level, const ingot_codes *form, const uint8_t *codes, const float *scales,
    const float *shifts, size_t count, float *output) {
    functions(level)->codes(form, codes, scales, shifts, count, output);
}

void ingot_blocks_decode(int level, int type, const uint8_t *blocks, size_t count, float *output) {
    functions(level)->decode_blocks(type, blocks, count, output);
}

void ingot_blocks_encode(int level, int type, const ingot_encode_options *options, const float *weights, size_t rows,
    size_t columns, const float *importance, uint8_t *blocks, ingot_encode_counts *counts) {
    functions(level)->encode_blocks(type, options, weights, rows, columns, importance, blocks, counts);
}

void ingot_blocks_convert(int level, int type, const ingot_encode_options *options, int dtype, const uint8_t *input,
    size_t count, uint8_t *blocks, ingot_encode_counts *counts, ingot_errors *errors) {
    functions(level)->convert_blocks(type, options, dtype, input, count, blocks, counts, errors);
}

void ingot_cast(int level, int from, int to, int saturates, const uint8_t *input, size_t count, uint8_t *output,
    ingot_cast_counts *counts) {
    functions(level)->cast(from, to, saturates, input, count, output, counts);
}

uint64_t ingot_groups_encode(int level, const ingot_groups *form, const float *weights, const float *importance,
    size_t count, uint8_t *codes, float *scales, float *shifts) {
    return functions(level)->groups(form, weights, importance, count, codes, scales, shifts);
}

void ingot_groups_range(int level, const float *weights, size_t columns, size_t group, size_t count, float *lows,
    float *highs) {
    functions(level)->ranges(weights, columns, group, count, lows, highs);
}

uint64_t ingot_groups_encode_with(int level, const ingot_groups *form, const float *weights, size_t count,
    float scale, float shift, uint8_t *codes) {
    return functions(level)->group_codes(form, weights, count, scale, shift, codes);
}

void ingot_codes_pack(int level, int bits, const uint8_t *codes, size_t count, uint8_t *output) {
    functions(level)->pack(bits, codes, count, output);
}

void ingot_codes_pack_awq(int level, const uint8_t *codes, size_t columns, uint8_t *output) {
    functions(level)->pack_awq(codes, columns, output);
}

uint64_t ingot_microscaled_encode(int level, const ingot_microscaled *form, const float *weights,
    const float *importance, size_t count, uint8_t *codes, uint8_t *scales) {
    return functions(level)->microscaled(form, weights, importance, count, codes, scales);
}

uint64_t ingot_floats_encode(int level, int element, int dtype, int rounded, const float *weights, size_t columns,
    size_t run, const float *scales, uint8_t *codes) {
    return functions(level)->floats(element, dtype, rounded, weights, columns, run, scales, codes);
}

void ingot_floats_try(int level, int element, int scaleType, int dtype, const float *weights,
    const float *importance, size_t columns, size_t run, const float *scales, const float shares[16], double *errors) {
    functions(level)->try_floats(element, scaleType, dtype, weights, importance, columns, run, scales, shares, errors);
}

void ingot_planes_range(int level, int width, const uint8_t *words, size_t count, int turned, uint64_t range[2]) {
    functions(level)->range(width, words, count, turned, range);
}

void ingot_planes_split(int level, int width, const uint8_t *words, size_t count, int turned, uint64_t base, int shift,
    uint8_t *planes) {
    functions(level)->split(width, words, count, turned, base, shift, planes);
}

void ingot_planes_join(int level, int width, const uint8_t *planes, size_t count, int turned, uint64_t base, int shift,
    uint8_t *words) {
    functions(level)->join(width, planes, count, turned, base, shift, words);
}

void ingot_planes_pack(int level, int shift, const uint8_t *bytes, size_t count, uint8_t *output) {
    functions(level)->pack_planes(shift, bytes, count, output);
}

void ingot_planes_unpack(int level, int shift, const uint8_t *input, size_t count, uint8_t *bytes) {
    functions(level)->unpack_planes(shift, input, count, bytes);
}

void ingot_words_difference(int level, int width, const uint8_t *words, const uint8_t *bases, size_t count,
    int subtracts, uint8_t *output) {
    functions(level)->difference(width, words, bases, count, subtracts, output);
}

void ingot_words_sum(int level, int width, const uint8_t *bases, size_t count, int subtracts, uint8_t *words) {
    functions(level)->add_difference(width, bases, count, subtracts, words);
}

size_t ingot_words_zeros(int level, int width, const uint8_t *words, size_t count) {
    return functions(level)->zeros(width, words, count);
}

size_t ingot_words_gather(int level, int width, const uint8_t *words, size_t count, uint8_t *bitmap, uint8_t *kept) {
    return functions(level)->gather(width, words, count, bitmap, kept);
}

void ingot_words_scatter(int level, int width, const uint8_t *bitmap, const uint8_t *kept, size_t count,
    uint8_t *words) {
    functions(level)->scatter(width, bitmap, kept, count, words);
}

size_t ingot_prefix_encode(int level, const uint8_t *bytes, size_t count, uint8_t *output, size_t limit) {
    return functions(level)->prefix_encode(bytes, count, output, limit);
}

int ingot_prefix_decode(int level, const uint8_t *input, size_t size, uint8_t *output, size_t count) {
    return functions(level)->prefix_decode(input, size, output, count);
}

void ingot_statistics_start(ingot_statistics *state) {
    *state = (ingot_statistics){.minimum = __builtin_inf(), .maximum = -__builtin_inf()};
}

void ingot_statistics_totals(const ingot_statistics *state, double *sum, double *squares) {
    *sum = 0;
    *squares = 0;
    for (int lane = 0; lane < 16; lane++) {
        *sum += state->sums[lane];
        *squares += state->squares[lane];
    }
}

void ingot_histogram(const uint8_t *bytes, size_t count, uint64_t counts[256]) {
    // Four tables, so that a run of one byte does not wait for its own last addition.
    uint32_t tables[4][256];
    while (count > 0) {
        size_t part = count < (1u << 30) ? count : (1u << 30);
        for (int table = 0; table < 4; table++)
            for (int value = 0; value < 256; value++) tables[table][value] = 0;
        size_t place = 0;
        for (; place + 4 <= part; place += 4)
            for (int table = 0; table < 4; table++) tables[table][bytes[place + table]]++;
        for (; place < part; place++) tables[0][bytes[place]]++;
        for (int value = 0; value < 256; value++)
            for (int table = 0; table < 4; table++) counts[value] += tables[table][value];
        bytes += part;
        count -= part;
    }
}
