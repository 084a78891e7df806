// Codes of 1 to 8 bits to numbers. A code's value meets the scale of its group, and its shift if there is one; every
// step rounds to the wanted type, as the libraries that compute in it do.

INLINE f32x16 rounded_to(int dtype, f32x16 values) {
    if (dtype == INGOT_BF16) return (f32x16)to_brains(values);
    if (dtype == INGOT_F16) return from_halves(to_halves(values));
    return values;
}

INLINE f32x16 scaled(int dtype, int shiftsLast, f32x16 value, f32x16 scale, f32x16 shift) {
    if (shiftsLast) return rounded_to(dtype, rounded_to(dtype, value * scale) + shift);
    return rounded_to(dtype, (value - shift) * scale);
}

typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef uint64_t u64x8 __attribute__((vector_size(64)));

/// 32 codes, in order.
typedef struct { u32x16 first, second; } code_row;

/// Eight codes of `bits` bytes.
INLINE u32x8 eight_codes(int bits, const uint8_t *codes) {
    uint64_t word = 0;
    memcpy(&word, codes, (size_t)bits);
    uint64_t step = (uint64_t)bits;
    u64x8 shifts = {0, step, 2 * step, 3 * step, 4 * step, 5 * step, 6 * step, 7 * step};
    return __builtin_convertvector(((word - (u64x8){}) >> shifts) & ((1u << bits) - 1), u32x8);
}

/// 32 codes of one little-endian stream, low bits first.
INLINE code_row unpack_codes(int bits, const uint8_t *codes) {
    u8x16 first, second;
    if (bits == 8) {
        first = LOAD(u8x16, codes);
        second = LOAD(u8x16, codes + 16);
    } else if (bits == 4) {
        u8x16 pairs = LOAD(u8x16, codes), low = pairs & 15, high = pairs >> 4;
        first = __builtin_shufflevector(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        second = __builtin_shufflevector(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    } else {
        u32x8 parts[4];
        for (int part = 0; part < 4; part++) parts[part] = eight_codes(bits, codes + part * bits);
        return (code_row){
            __builtin_shufflevector(parts[0], parts[1], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
            __builtin_shufflevector(parts[2], parts[3], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)};
    }
    return (code_row){__builtin_convertvector(first, u32x16), __builtin_convertvector(second, u32x16)};
}

/// The values of 16 codes.
INLINE f32x16 values_of(int bits, const ingot_codes *form, u32x16 codes) {
    if (form->is_linear) return __builtin_convertvector((i32x16)(codes ^ form->flip), f32x16) - form->offset;
    if (bits <= 4) {
        const f32x16 table = LOAD(f32x16, form->values);
        return look_up(&table, codes);
    }
    f32x16 found = {};
    for (int lane = 0; lane < 16; lane++) found[lane] = form->values[codes[lane]];
    return found;
}

/// Codes in groups of whole rows. Those of at most 4 bits are looked up in a table of the group's results.
INLINE void decode_groups(int bits, int dtype, const ingot_codes *form, const uint8_t *codes, const float *scales,
    const float *shifts, size_t groups, float *output) {
    const f32x16 values = LOAD(f32x16, form->values);
    size_t rows = form->group_size / INGOT_ROW;
    for (size_t group = 0; group < groups; group++) {
        f32x16 scale = (f32x16){} + scales[group], shift = (f32x16){}, table = {};
        if (shifts) shift += shifts[group];
        if (bits <= 4) table = scaled(dtype, form->shifts_last, values, scale, shift);
        for (size_t index = 0; index < rows; index++, codes += 4 * bits, output += INGOT_ROW) {
            if (bits == 4) {
                u32x16 pairs = __builtin_convertvector(LOAD(u8x16, codes), u32x16);
                row found = {look_up(&table, pairs), look_up(&table, pairs >> 4)};
                store_row(INGOT_F32, found, (uint8_t *)output);
                continue;
            }
            code_row found = unpack_codes(bits, codes);
            if (bits < 4) {
                STORE(output, look_up(&table, found.first));
                STORE(output + 16, look_up(&table, found.second));
            } else {
                f32x16 first = values_of(bits, form, found.first), second = values_of(bits, form, found.second);
                STORE(output, scaled(dtype, form->shifts_last, first, scale, shift));
                STORE(output + 16, scaled(dtype, form->shifts_last, second, scale, shift));
            }
        }
    }
}

/// The numbers of the groups that elements `first` to `first + 15` belong to; none beyond `last` is read.
INLINE f32x16 numbers_of(const float *numbers, size_t group, size_t first, size_t last) {
    if (group == 1 && first + 15 <= last) return LOAD(f32x16, numbers + first);
    if (group == 16 && first <= last) return (f32x16){} + numbers[first / 16];
    f32x16 found = {};
    for (size_t lane = 0; lane < 16; lane++) {
        size_t element = first + lane < last ? first + lane : last;
        found[lane] = numbers[element / group];
    }
    return found;
}

/// Codes in groups of any size.
INLINE void decode_rows(int bits, int dtype, const ingot_codes *form, const uint8_t *codes, const float *scales,
    const float *shifts, size_t count, float *output) {
    size_t group = form->group_size;
    for (size_t start = 0; start < count; start += INGOT_ROW, codes += 4 * bits) {
        size_t rest = count - start < INGOT_ROW ? count - start : INGOT_ROW;
        uint8_t last[INGOT_ROW] = {0};
        if (rest < INGOT_ROW) memcpy(last, codes, (rest * (size_t)bits + 7) / 8);
        code_row found = unpack_codes(bits, rest < INGOT_ROW ? last : codes);
        f32x16 numbers[2];
        for (size_t half = 0; half < 2; half++) {
            f32x16 values = values_of(bits, form, half ? found.second : found.first), shift = {};
            f32x16 scale = numbers_of(scales, group, start + 16 * half, count - 1);
            if (shifts) shift = numbers_of(shifts, group, start + 16 * half, count - 1);
            numbers[half] = scaled(dtype, form->shifts_last, values, scale, shift);
        }
        memcpy(output + start, numbers, rest * sizeof(float));
    }
}

INLINE void decode_codes(int bits, int dtype, const ingot_codes *form, const uint8_t *codes, const float *scales,
    const float *shifts, size_t count, float *output) {
    size_t group = form->group_size, whole = group % INGOT_ROW == 0 ? count / group : 0, done = whole * group;
    decode_groups(bits, dtype, form, codes, scales, shifts, whole, output);
    if (done == count) return;
    decode_rows(bits, dtype, form, codes + done / 8 * (size_t)bits, scales + whole, shifts ? shifts + whole : shifts,
        count - done, output + done);
}

#define DECODE_CODES(bits) \
    case bits: \
        switch (form->dtype) { \
        case INGOT_BF16: decode_codes(bits, INGOT_BF16, form, codes, scales, shifts, count, output); break; \
        case INGOT_F16: decode_codes(bits, INGOT_F16, form, codes, scales, shifts, count, output); break; \
        case INGOT_F32: decode_codes(bits, INGOT_F32, form, codes, scales, shifts, count, output); break; \
        } \
        break

static void codes_decode(const ingot_codes *form, const uint8_t *codes, const float *scales, const float *shifts,
    size_t count, float *output) {
    switch (form->bits) {
        DECODE_CODES(1);
        DECODE_CODES(2);
        DECODE_CODES(3);
        DECODE_CODES(4);
        DECODE_CODES(5);
        DECODE_CODES(6);
        DECODE_CODES(7);
        DECODE_CODES(8);
    }
}
