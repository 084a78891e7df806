// Groups of rows, sixteen at a time: their ranges, then their numbers, then their codes, then perhaps better ones.

/// The groups of a run: equal in size, one behind the other, from a place in the columns on.
typedef struct {
    const float *weights, *importance;
    size_t size, count, perRow;
} group_run;

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
        uint64_t clipped[16];
        for (size_t group = 0; group < count; group++) {
            size_t place = (first + group) * run->size;
            i32x16 found = {};
            encode_group(rule, dtype, form, run->weights + place, run->size, scale[group], shift[group], codes + place,
                &found);
            clipped[group] = (uint64_t)-(int64_t)__builtin_reduce_add(found);
        }
        if (form->searches) {
            const float *importances[16] = {0};
            for (size_t group = 0; group < count && run->importance; group++)
                importances[group] = run->importance + (first + group) % run->perRow * run->size;
            improve_groups(form, run->weights + first * run->size, importances, run->size, count, low, high,
                storedScale, storedShift, codes + first * run->size, clipped);
        }
        for (size_t group = 0; group < count; group++) total += clipped[group];
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
