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

/// 32 codes of one little-endian stream, low bits first, as bytes.
INLINE void unpack_codes(int bits, const uint8_t *codes, uint8_t *bytes) {
    #pragma clang loop unroll(full)
    for (int part = 0; part < 4; part++) {
        uint64_t word = 0;
        memcpy(&word, codes + part * bits, (size_t)bits);
        #pragma clang loop unroll(full)
        for (int code = 0; code < 8; code++)
            bytes[part * 8 + code] = (uint8_t)((word >> (bits * code)) & ((1u << bits) - 1));
    }
}

INLINE u32x16 lanes_of_bytes(const uint8_t *bytes) {
    return __builtin_convertvector(LOAD(u8x16, bytes), u32x16);
}

/// Codes of at most 4 bits in groups of whole rows: each group has a table of its results.
INLINE void decode_by_table(int bits, int dtype, const ingot_codes *form, const uint8_t *codes, const float *scales,
    const float *shifts, size_t groups, float *output) {
    const f32x16 values = LOAD(f32x16, form->values);
    size_t rows = form->group_size / INGOT_ROW;
    for (size_t group = 0; group < groups; group++) {
        f32x16 scale = (f32x16){} + scales[group], shift = (f32x16){};
        if (shifts) shift += shifts[group];
        f32x16 table = scaled(dtype, form->shifts_last, values, scale, shift);
        for (size_t index = 0; index < rows; index++, codes += 4 * bits, output += INGOT_ROW) {
            if (bits == 4) {
                u32x16 pairs = lanes_of_bytes(codes);
                row found = {look_up(&table, pairs), look_up(&table, pairs >> 4)};
                store_row(INGOT_F32, found, (uint8_t *)output);
            } else {
                uint8_t bytes[INGOT_ROW];
                unpack_codes(bits, codes, bytes);
                STORE(output, look_up(&table, lanes_of_bytes(bytes)));
                STORE(output + 16, look_up(&table, lanes_of_bytes(bytes + 16)));
            }
        }
    }
}

/// The numbers of the groups that elements `first` to `first + 15` belong to; none beyond `last` is read.
INLINE f32x16 numbers_of(const float *numbers, size_t group, size_t first, size_t last) {
    if (group == 1 && first + 15 <= last) return LOAD(f32x16, numbers + first);
    if (group % 16 == 0) return (f32x16){} + numbers[(first < last ? first : last) / group];
    f32x16 found = {};
    for (size_t lane = 0; lane < 16; lane++) {
        size_t element = first + lane < last ? first + lane : last;
        found[lane] = numbers[element / group];
    }
    return found;
}

/// The values of 16 codes.
INLINE f32x16 values_of(int bits, const ingot_codes *form, const uint8_t *bytes) {
    if (form->is_linear) {
        u32x16 codes = lanes_of_bytes(bytes) ^ form->flip;
        return __builtin_convertvector((i32x16)codes, f32x16) - form->offset;
    }
    if (bits <= 4) {
        const f32x16 table = LOAD(f32x16, form->values);
        return look_up(&table, lanes_of_bytes(bytes));
    }
    f32x16 found = {};
    for (int lane = 0; lane < 16; lane++) found[lane] = form->values[bytes[lane]];
    return found;
}

INLINE void decode_by_element(int bits, int dtype, const ingot_codes *form, const uint8_t *codes, const float *scales,
    const float *shifts, size_t count, float *output) {
    size_t group = form->group_size;
    for (size_t start = 0; start < count; start += INGOT_ROW, codes += 4 * bits) {
        size_t rest = count - start < INGOT_ROW ? count - start : INGOT_ROW;
        uint8_t bytes[INGOT_ROW], last[INGOT_ROW] = {0};
        if (rest < INGOT_ROW) {
            memcpy(last, codes, (rest * (size_t)bits + 7) / 8);
            unpack_codes(bits, last, bytes);
        } else {
            unpack_codes(bits, codes, bytes);
        }
        float found[INGOT_ROW];
        for (size_t half = 0; half < INGOT_ROW; half += 16) {
            f32x16 scale = numbers_of(scales, group, start + half, count - 1), shift = {};
            if (shifts) shift = numbers_of(shifts, group, start + half, count - 1);
            STORE(found + half,
                scaled(dtype, form->shifts_last, values_of(bits, form, bytes + half), scale, shift));
        }
        memcpy(output + start, found, rest * sizeof(float));
    }
}

INLINE void decode_codes(int bits, int dtype, const ingot_codes *form, const uint8_t *codes, const float *scales,
    const float *shifts, size_t count, float *output) {
    size_t group = form->group_size, whole = 0;
    if (bits <= 4 && group % INGOT_ROW == 0) {
        whole = count / group;
        decode_by_table(bits, dtype, form, codes, scales, shifts, whole, output);
    }
    size_t done = whole * group;
    if (done == count) return;
    decode_by_element(bits, dtype, form, codes + done / 8 * (size_t)bits, scales + whole,
        shifts ? shifts + whole : shifts, count - done, output + done);
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
