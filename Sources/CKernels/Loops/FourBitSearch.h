// Four-bit blocks with less error: eight shares of a block's absmax are tried, then the least-squares scale for the
// codes of the best one. What wins must have less error than the library's codes, decoded as the library decodes them.

enum { INGOT_SHARES = 8 };

/// A block as floats in even and odd lanes, with the importance of each weight.
typedef struct {
    f32x16 weights[4096 / 16], factors[4096 / 16];
    size_t vectors;
    int isWeighted;
    f32x16 values;        ///< by rank
    f32x16 after[3];      ///< points 3, 1 and 0 places on, for a search by halves
    float middle;         ///< point 7
} searched_block;

/// How many decision points each number exceeds.
INLINE u32x16 searched_ranks(const searched_block *block, f32x16 scaled) {
    u32x16 rank = (u32x16)(scaled > block->middle) & 8;
    rank += (u32x16)(scaled > look_up(&block->after[0], rank)) & 4;
    rank += (u32x16)(scaled > look_up(&block->after[1], rank)) & 2;
    return rank + ((u32x16)(scaled > look_up(&block->after[2], rank)) & 1);
}

INLINE f32x16 share_errors(int isWeighted, size_t vectors, const searched_block *block, f32x16 inverses) {
    float inverse[16];
    f32x16 sums[16] = {};
    STORE(inverse, inverses);
    for (int lane = 0; lane < INGOT_SHARES; lane++) {
        f32x16 sum = {};
        for (size_t index = 0; index < vectors; index++) {
            f32x16 scaled = block->weights[index] * inverse[lane];
            f32x16 error = scaled - look_up(&block->values, searched_ranks(block, scaled));
            sum += isWeighted ? error * error * block->factors[index] : error * error;
        }
        sums[lane] = sum;
    }
    return sums_of_lanes(sums);
}

/// The squared error of a scale's codes as they are decoded, and the scale that is best for them.
INLINE float examine_scale(int dtype, const searched_block *block, float scale, float *best) {
    float inverse = 1.0f / scale;
    float values[16];
    STORE(values, block->values);
    f32x16 table = block_values(dtype, values, scale), errors = {}, products = {}, squares = {};
    for (size_t index = 0; index < block->vectors; index++) {
        f32x16 weight = block->weights[index];
        u32x16 rank = searched_ranks(block, weight * inverse);
        f32x16 error = weight - look_up(&table, rank), value = look_up(&block->values, rank);
        f32x16 part = block->isWeighted ? value * block->factors[index] : value;
        errors += block->isWeighted ? error * error * block->factors[index] : error * error;
        products += part * weight;
        squares += part * value;
    }
    *best = sum_of_lanes(products) / sum_of_lanes(squares);
    return sum_of_lanes(errors);
}

INLINE int is_usable_scale(float scale) { return scale > 0x1p-100f && scale < 0x1p100f; }

/// A better scale than `absmax`; that when there is none.
INLINE float better_scale(int dtype, const searched_block *block, float absmax) {
    if (!is_usable_scale(absmax)) return absmax;
    float unused, refit;
    float least = examine_scale(dtype, block, absmax, &unused) * 0.9999f, found = absmax;
    if (!(least > 0)) return absmax;
    f32x16 scales = absmax * (0.74f + 0.045f * LANE_NUMBERS);
    f32x16 inverses = 1.0f / scales;
    f32x16 errors;
    if (block->isWeighted) errors = share_errors(1, block->vectors, block, inverses);
    else if (block->vectors == 4) errors = share_errors(0, 4, block, inverses);
    else errors = share_errors(0, block->vectors, block, inverses);
    errors *= scales * scales;
    float best = __builtin_inff(), tried = absmax;
    for (int lane = 0; lane < INGOT_SHARES; lane++) {
        tried = errors[lane] < best ? scales[lane] : tried;
        best = errors[lane] < best ? errors[lane] : best;
    }
    for (int step = 0; step < 2 && is_usable_scale(tried); step++) {
        float error = examine_scale(dtype, block, tried, &refit);
        found = error < least ? tried : found;
        least = error < least ? error : least;
        tried = refit;
    }
    return found;
}

/// Writes a block's codes under a scale.
INLINE void store_block(const ingot_four_bit *form, const searched_block *block, float scale, uint8_t *codes) {
    float inverse = 1.0f / scale;
    for (size_t index = 0; index < block->vectors; index += 2) {
        u32x16 even = searched_ranks(block, block->weights[index] * inverse);
        u32x16 odd = searched_ranks(block, block->weights[index + 1] * inverse);
        u8x16 ranks = __builtin_convertvector((even << 4) | odd, u8x16);
        store_codes(form->type, ranks, form->codes_by_rank, codes + index * 8);
    }
}

/// Importances of elements `first` to `first + count - 1` of rows of `columns`.
INLINE void repeat_importance(const float *importance, size_t columns, size_t first, size_t count, float *factors) {
    for (size_t done = 0; done < count;) {
        size_t column = (first + done) % columns, some = columns - column;
        if (some > count - done) some = count - done;
        memcpy(factors + done, importance + column, some * sizeof(float));
        done += some;
    }
}

INLINE void search_blocks(int dtype, const ingot_four_bit *form, const uint8_t *input, const float *importance,
    size_t columns, size_t first, size_t count, uint8_t *codes, float *absmax) {
    size_t size = form->block_size, step = size * bytes_of(dtype);
    static const int places[3] = {3, 1, 0};
    searched_block block;
    float points[32], values[16], factors[4096];
    for (int place = 0; place < 32; place++) points[place] = place < 15 ? form->points[place] : 3.0f;
    for (int rank = 0; rank < 16; rank++) values[rank] = form->values[form->codes_by_rank[rank]];
    block.values = LOAD(f32x16, values);
    block.middle = points[7];
    for (int table = 0; table < 3; table++) block.after[table] = LOAD(f32x16, points + places[table]);
    block.vectors = size / 16;
    for (size_t start = 0; start < count; start += size, input += step, codes += size / 2, absmax++) {
        size_t some = count - start < size ? count - start : size;
        uint8_t last[4096 * 4];
        const uint8_t *place = input;
        block.isWeighted = importance != 0 || some < size;
        if (block.isWeighted) {
            for (size_t element = 0; element < size; element++) factors[element] = element < some ? 1.0f : 0.0f;
            if (importance) repeat_importance(importance, columns, first + start, some, factors);
        }
        if (some < size) {
            memset(last, 0, step);
            memcpy(last, input, some * bytes_of(dtype));
            place = last;
        }
        for (size_t index = 0; index < block.vectors; index += 2) {
            row weights = load_row(dtype, place + index / 2 * INGOT_ROW * bytes_of(dtype));
            block.weights[index] = weights.even;
            block.weights[index + 1] = weights.odd;
            if (!block.isWeighted) continue;
            row given = load_row(INGOT_F32, (const uint8_t *)(factors + 16 * index));
            block.factors[index] = given.even;
            block.factors[index + 1] = given.odd;
        }
        float scale = better_scale(dtype, &block, *absmax);
        if (scale == *absmax) continue;
        *absmax = scale;
        uint8_t made[4096 / 2];
        store_block(form, &block, scale, some < size ? made : codes);
        if (some < size) memcpy(codes, made, (some + 1) / 2);
    }
}

/// Replaces the scales and codes of encoded blocks where others have less error.
static void four_bit_search(const ingot_four_bit *form, const uint8_t *input, const float *importance, size_t columns,
    size_t first, size_t count, uint8_t *codes, float *absmax) {
    switch (form->dtype) {
    case INGOT_BF16: search_blocks(INGOT_BF16, form, input, importance, columns, first, count, codes, absmax); break;
    case INGOT_F16: search_blocks(INGOT_F16, form, input, importance, columns, first, count, codes, absmax); break;
    case INGOT_F32: search_blocks(INGOT_F32, form, input, importance, columns, first, count, codes, absmax); break;
    }
}
