// Groups of rows, sixteen at a time: their ranges, then their numbers, then their codes, then perhaps better ones.

/// The groups of a run: equal in size, one behind the other, from a place in the columns on.
typedef struct {
    const float *weights, *importance;
    size_t size, count, perRow;
} group_run;

INLINE int shift_kind(const ingot_groups *form) {
    if (form->rule == INGOT_MLX_AFFINE) return SHIFT_IS_FREE;
    return form->is_symmetric || form->rule == INGOT_INT8_ROWS ? SHIFT_IS_FIXED : SHIFT_IS_WHOLE;
}

#define SEARCH_GROUP(shift, dtype) \
    search_group(shift, dtype, form, place, importance, run->size, low, high, scale, shiftOfGroup, codes, clipped)
#define SEARCH_DTYPES(shift) \
    switch (form->dtype) { \
    case INGOT_BF16: SEARCH_GROUP(shift, INGOT_BF16); break; \
    case INGOT_F16: SEARCH_GROUP(shift, INGOT_F16); break; \
    default: SEARCH_GROUP(shift, INGOT_F32); break; \
    }

/// A better scale and shift for group `index` of a run, if there is one.
static void search_in_run(const ingot_groups *form, const group_run *run, size_t index, float low, float high,
    float *scale, float *shiftOfGroup, uint8_t *codes, uint64_t *clipped) {
    const float *place = run->weights + index * run->size;
    const float *importance = run->importance ? run->importance + index % run->perRow * run->size : 0;
    switch (shift_kind(form)) {
    case SHIFT_IS_FREE: SEARCH_DTYPES(SHIFT_IS_FREE); break;
    case SHIFT_IS_WHOLE: SEARCH_DTYPES(SHIFT_IS_WHOLE); break;
    default: SEARCH_DTYPES(SHIFT_IS_FIXED); break;
    }
}

INLINE uint64_t encode_run(int rule, int dtype, const ingot_groups *form, const group_run *run, uint8_t *codes,
    float *scales, float *shifts) {
    uint64_t total = 0;
    for (size_t first = 0; first < run->count; first += 16) {
        size_t count = run->count - first < 16 ? run->count - first : 16;
        float low[16] = {0}, high[16] = {0}, scale[16], shift[16], storedScale[16], storedShift[16];
        for (size_t group = 0; group < count; group++)
            range_of_group(run->weights + (first + group) * run->size, run->size, low + group, high + group);
        group_numbers numbers = numbers_of_groups(rule, dtype, form, LOAD(f32x16, low), LOAD(f32x16, high));
        STORE(scale, numbers.scale);
        STORE(shift, numbers.shift);
        STORE(storedScale, numbers.storedScale);
        STORE(storedShift, numbers.storedShift);
        for (size_t group = 0; group < count; group++) {
            size_t index = first + group;
            i32x16 found = {};
            encode_group(rule, dtype, form, run->weights + index * run->size, run->size, scale[group], shift[group],
                codes + index * run->size, &found);
            uint64_t clipped = (uint64_t)-(int64_t)__builtin_reduce_add(found);
            if (form->searches)
                search_in_run(form, run, index, low[group], high[group], storedScale + group, storedShift + group,
                    codes + index * run->size, &clipped);
            total += clipped;
        }
        memcpy(scales + first, storedScale, count * sizeof(float));
        memcpy(shifts + first, storedShift, count * sizeof(float));
    }
    return total;
}

INLINE uint64_t encode_rows(int rule, int dtype, const ingot_groups *form, const float *weights,
    const float *importance, size_t count, uint8_t *codes, float *scales, float *shifts) {
    size_t columns = form->columns, size = form->group_size, whole = columns / size, rest = columns % size;
    if (rest == 0) {
        group_run run = {weights, importance, size, count / size, whole};
        return encode_run(rule, dtype, form, &run, codes, scales, shifts);
    }
    uint64_t clipped = 0;
    for (size_t start = 0; start < count; start += columns, scales += whole + 1, shifts += whole + 1) {
        group_run run = {weights + start, importance, size, whole, whole};
        clipped += encode_run(rule, dtype, form, &run, codes + start, scales, shifts);
        size_t done = whole * size;
        group_run last = {weights + start + done, importance ? importance + done : 0, rest, 1, 1};
        clipped += encode_run(rule, dtype, form, &last, codes + start + done, scales + whole, shifts + whole);
    }
    return clipped;
}

#define ENCODE_ROWS(rule, dtype) \
    encode_rows(rule, dtype, form, weights, importance, count, codes, scales, shifts)

static uint64_t groups_encode(const ingot_groups *form, const float *weights, const float *importance, size_t count,
    uint8_t *codes, float *scales, float *shifts) {
    switch (form->rule) {
    case INGOT_MLX_AFFINE: return ENCODE_ROWS(INGOT_MLX_AFFINE, INGOT_F32);
    case INGOT_AWQ: return ENCODE_ROWS(INGOT_AWQ, INGOT_F32);
    case INGOT_INT8_ROWS: return ENCODE_ROWS(INGOT_INT8_ROWS, INGOT_F32);
    case INGOT_SIGNED:
        switch (form->dtype) {
        case INGOT_BF16: return ENCODE_ROWS(INGOT_SIGNED, INGOT_BF16);
        case INGOT_F16: return ENCODE_ROWS(INGOT_SIGNED, INGOT_F16);
        default: return ENCODE_ROWS(INGOT_SIGNED, INGOT_F32);
        }
    default: return ENCODE_ROWS(INGOT_GPTQ, INGOT_F32);
    }
}

/// Codes of groups whose scales and shifts are known: one of each for all weights.
static uint64_t groups_encode_with(const ingot_groups *form, const float *weights, size_t count, float scale,
    float shift, uint8_t *codes) {
    i32x16 found = {};
    switch (form->dtype) {
    case INGOT_BF16: encode_group(INGOT_SIGNED, INGOT_BF16, form, weights, count, scale, shift, codes, &found); break;
    case INGOT_F16: encode_group(INGOT_SIGNED, INGOT_F16, form, weights, count, scale, shift, codes, &found); break;
    default: encode_group(INGOT_SIGNED, INGOT_F32, form, weights, count, scale, shift, codes, &found); break;
    }
    return (uint64_t)-(int64_t)__builtin_reduce_add(found);
}
