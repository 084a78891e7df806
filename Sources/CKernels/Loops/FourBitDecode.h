// Four-bit codes to weights: a table entry times the block's absmax, rounded to the output type.

/// The 16 values a block can take, as `dtype` rounds them, in float32.
INLINE f32x16 block_values(int dtype, const float *values, float absmax) {
    f32x16 products = LOAD(f32x16, values) * absmax;
    if (dtype == INGOT_BF16) return (f32x16)to_brains(products);
    if (dtype == INGOT_F16) return from_halves(to_halves(products));
    return products;
}

/// The two values of each of 16 code bytes: the first element of a byte stands in its high half.
INLINE row look_up_row(const f32x16 *table, const uint8_t *codes) {
    u32x16 bytes = __builtin_convertvector(LOAD(u8x16, codes), u32x16);
    return (row){look_up(table, bytes >> 4), look_up(table, bytes)};
}

INLINE void store_row(int dtype, row values, uint8_t *place) {
    u32x16 even = (u32x16)values.even, odd = (u32x16)values.odd;
    if (dtype == INGOT_BF16) {
        STORE(place, (even >> 16) | odd);
    } else if (dtype == INGOT_F16) {
        STORE(place, even | (odd << 16));
    } else {
        STORE(place, __builtin_shufflevector(
            even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
        STORE(place + 64, __builtin_shufflevector(
            even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
    }
}

INLINE void decode_blocks(
    int dtype, const ingot_four_bit *form, const uint8_t *codes, const float *absmax, size_t count, uint8_t *output) {
    size_t step = INGOT_ROW * bytes_of(dtype), rows = count / INGOT_ROW, rest = count % INGOT_ROW;
    size_t rowsOfBlock = form->block_size / INGOT_ROW;
    f32x16 table = {};
    for (size_t index = 0; index < rows + (rest != 0); index++) {
        if (index % rowsOfBlock == 0) {
            // Half precision is looked up as bits, so that no row has to round.
            table = LOAD(f32x16, form->values) * absmax[index / rowsOfBlock];
            if (dtype == INGOT_BF16) table = (f32x16)to_brains(table);
            if (dtype == INGOT_F16) table = (f32x16)to_halves(table);
        }
        if (index < rows) {
            store_row(dtype, look_up_row(&table, codes + index * 16), output + index * step);
        } else {
            uint8_t last[16] = {0}, values[INGOT_ROW * 4];
            memcpy(last, codes + index * 16, (rest + 1) / 2);
            store_row(dtype, look_up_row(&table, last), values);
            memcpy(output + index * step, values, rest * bytes_of(dtype));
        }
    }
}

static void four_bit_decode(
    const ingot_four_bit *form, const uint8_t *codes, const float *absmax, size_t count, uint8_t *output) {
    switch (form->dtype) {
    case INGOT_BF16: decode_blocks(INGOT_BF16, form, codes, absmax, count, output); break;
    case INGOT_F16: decode_blocks(INGOT_F16, form, codes, absmax, count, output); break;
    case INGOT_F32: decode_blocks(INGOT_F32, form, codes, absmax, count, output); break;
    }
}
