// The K types: super-blocks of 256 with scales of scales. Equations: ggml 0.25.3, ggml-quants.c, quantize_row_q*_K_ref
// and, with importances, quantize_row_q*_K_impl.

/// The scales and minima of a super-block's sub-blocks, and its codes, before they are stored.
typedef struct {
    f32x16 scale[16], minimum[16];  ///< as the searches found them
    f32x16 weight[16];              ///< the sum of a sub-block's weights
    i32x16 scaleCode[16], minimumCode[16];
    u32x16 d, dmin;                 ///< half precision
    u8x16 codes[256];
} super_block;

/// Two bits of four elements in a byte: l, 32 + l, 64 + l, 96 + l of a half.
INLINE void put_quarters(encode_tile *tile, int place, const u8x16 *codes) {
    for (int half = 0; half < 2; half++) {
        for (int l = 0; l < 32; l++) {
            const u8x16 *first = codes + 128 * half + l;
            tile->bytes[place + 32 * half + l] = (first[0] & 3) | (first[32] & 3) << 2 | (first[64] & 3) << 4
                | (first[96] & 3) << 6;
        }
    }
}

/// Four bits of two elements in a byte: 64c + l and 64c + 32 + l.
INLINE void put_halves_of_chunks(encode_tile *tile, int place, const u8x16 *codes) {
    for (int byte = 0; byte < 128; byte++) {
        const u8x16 *first = codes + byte / 32 * 64 + byte % 32;
        tile->bytes[place + byte] = (first[0] & 15) | first[32] << 4;
    }
}

/// Codes of six bits for scales, and the half-precision number that they multiply: without importances the greatest
/// scale takes the greatest code.
INLINE u32x16 quantize_scales(const f32x16 *scales, const f32x16 *weights, int count, int last, i32x16 *codes) {
    if (weights) return to_halves(search_positive(scales, weights, count, last, codes));
    f32x16 high = {};
    for (int j = 0; j < count; j++) high = larger(scales[j], high);
    i32x16 isPositive = (i32x16)(high > 0.0f);
    f32x16 inverse = pick_float(isPositive, (float)last / high, (f32x16){});
    for (int j = 0; j < count; j++)
        codes[j] = __builtin_elementwise_min(nearest(inverse * scales[j]) & 255, (i32x16){} + last);
    return to_halves(pick_float(isPositive, high / (float)last, (f32x16){}));
}

/// Codes once more, by the scales and minima as they are stored; where a scale is zero, those of the search stay.
INLINE void requantize_affine(encode_tile *tile, super_block *block, int count, int last) {
    f32x16 d = from_halves(block->d), dmin = from_halves(block->dmin);
    for (int j = 0; j < 256 / count; j++) {
        f32x16 step = d * floats_of_ints(block->scaleCode[j]), shift = dmin * floats_of_ints(block->minimumCode[j]);
        i32x16 isUsed = (i32x16)(step != 0.0f);
        for (int i = count * j; i < count * (j + 1); i++) {
            i32x16 code = counted_codes(tile, nearest((tile->x[i] + shift) / step), 0, last, isUsed);
            block->codes[i] = bytes_of_ints(pick_int(isUsed, code, ints_of_bytes(block->codes[i])));
        }
    }
}

/// As `requantize_affine` for codes -nmax ... nmax - 1 without a minimum.
INLINE void requantize_symmetric(encode_tile *tile, super_block *block, int nmax) {
    f32x16 d = from_halves(block->d);
    for (int j = 0; j < 16; j++) {
        f32x16 step = d * floats_of_ints(block->scaleCode[j]);
        i32x16 isUsed = (i32x16)(step != 0.0f);
        for (int i = 16 * j; i < 16 * (j + 1); i++) {
            i32x16 code = counted_codes(tile, nearest(tile->x[i] / step), -nmax, nmax - 1, isUsed) + nmax;
            block->codes[i] = bytes_of_ints(pick_int(isUsed, code, ints_of_bytes(block->codes[i])));
        }
    }
}

INLINE f32x16 sum_of(const f32x16 *values, int count) {
    f32x16 sum = {};
    for (int i = 0; i < count; i++) sum += values[i];
    return sum;
}

/// Scales and minima of sub-blocks of `count` elements, then the codes.
INLINE void search_super_block(encode_tile *tile, super_block *block, int count, affine_grid plain, int scaleLast) {
    const affine_grid weighted = {.nmax = plain.nmax, .first = -0.9f, .step = 0.05f, .last = 36};
    f32x16 weights[32], square = square_sum(tile->x, 256) * (count == 16 ? 1.0f : 2.0f) / 256.0f;
    for (int j = 0; j < 256 / count; j++) {
        const f32x16 *x = tile->x + count * j;
        if (tile->isWeighted) {
            blend_importances(tile->h + count * j, x, square, count, weights);
            block->weight[j] = sum_of(weights, count);
        } else {
            f32x16 level = count == 16 ? (f32x16){} : __builtin_elementwise_sqrt(square_sum(x, count) / (float)count);
            for (int i = 0; i < count; i++) weights[i] = level + magnitude(x[i]);
        }
        block->scale[j] = search_affine(x, weights, count, tile->isWeighted ? weighted : plain, &block->minimum[j],
            block->codes + count * j, NULL);
    }
    const f32x16 *sums = tile->isWeighted ? block->weight : NULL;
    block->d = quantize_scales(block->scale, sums, 256 / count, scaleLast, block->scaleCode);
    block->dmin = quantize_scales(block->minimum, sums, 256 / count, scaleLast, block->minimumCode);
    requantize_affine(tile, block, count, plain.nmax);
}

INLINE void put_q2_k(encode_tile *tile, const super_block *block) {
    for (int j = 0; j < 16; j++)
        tile->bytes[j] = bytes_of_ints(block->scaleCode[j] | block->minimumCode[j] << 4);
    put_quarters(tile, 16, block->codes);
    put_halves(tile, 80, block->d);
    put_halves(tile, 82, block->dmin);
}

static void encode_q2_k(encode_tile *tile) {
    super_block block;
    const affine_grid grid = {.nmax = 3, .first = -0.5f, .step = 0.1f, .last = 15, .isAbsolute = 1};
    search_super_block(tile, &block, 16, grid, 15);
    put_q2_k(tile, &block);
}

/// Six bits of eight scales and eight minima in twelve bytes.
INLINE void put_k_scales(encode_tile *tile, int place, const i32x16 *scales, const i32x16 *minima) {
    for (int j = 0; j < 4; j++) {
        tile->bytes[place + j] = bytes_of_ints(scales[j] | scales[j + 4] >> 4 << 6);
        tile->bytes[place + j + 4] = bytes_of_ints(minima[j] | minima[j + 4] >> 4 << 6);
        tile->bytes[place + j + 8] = bytes_of_ints((scales[j + 4] & 15) | minima[j + 4] << 4);
    }
}

INLINE void put_q4_k(encode_tile *tile, const super_block *block) {
    put_halves(tile, 0, block->d);
    put_halves(tile, 2, block->dmin);
    put_k_scales(tile, 4, block->scaleCode, block->minimumCode);
    put_halves_of_chunks(tile, 16, block->codes);
}

static void encode_q4_k(encode_tile *tile) {
    super_block block;
    search_super_block(tile, &block, 32, (affine_grid){.nmax = 15, .first = -1, .step = 0.1f, .last = 20}, 63);
    put_q4_k(tile, &block);
}

INLINE void put_q5_k(encode_tile *tile, const super_block *block) {
    put_halves(tile, 0, block->d);
    put_halves(tile, 2, block->dmin);
    put_k_scales(tile, 4, block->scaleCode, block->minimumCode);
    for (int l = 0; l < 32; l++) {
        u8x16 bits = {};
        for (int group = 0; group < 8; group++) bits |= (block->codes[32 * group + l] >> 4) << group;
        tile->bytes[16 + l] = bits;
    }
    put_halves_of_chunks(tile, 48, block->codes);
}

static void encode_q5_k(encode_tile *tile) {
    super_block block;
    search_super_block(tile, &block, 32, (affine_grid){.nmax = 31, .first = -0.5f, .step = 0.1f, .last = 15}, 63);
    put_q5_k(tile, &block);
}

INLINE void put_q3_k(encode_tile *tile, const super_block *block) {
    for (int l = 0; l < 32; l++) {
        u8x16 bits = {};
        for (int group = 0; group < 8; group++) bits |= (block->codes[32 * group + l] >> 2) << group;
        tile->bytes[l] = bits;
    }
    put_quarters(tile, 32, block->codes);
    i32x16 scales[16];
    for (int j = 0; j < 16; j++) scales[j] = block->scaleCode[j] + 32;
    for (int j = 0; j < 8; j++) tile->bytes[96 + j] = bytes_of_ints((scales[j] & 15) | (scales[j + 8] & 15) << 4);
    for (int j = 0; j < 4; j++) {
        i32x16 pairs = scales[j] >> 4 | scales[j + 4] >> 4 << 2 | scales[j + 8] >> 4 << 4 | scales[j + 12] >> 4 << 6;
        tile->bytes[104 + j] = bytes_of_ints(pairs);
    }
    put_halves(tile, 108, block->d);
}

static void encode_q3_k(encode_tile *tile) {
    super_block block;
    f32x16 weights[16], square = 2.0f * square_sum(tile->x, 256) / 256.0f;
    for (int j = 0; j < 16; j++) {
        const f32x16 *x = tile->x + 16 * j;
        u8x16 *codes = block.codes + 16 * j;
        if (tile->isWeighted) {
            blend_importances(tile->h + 16 * j, x, square, 16, weights);
            block.weight[j] = sum_of(weights, 16);
            block.scale[j] = search_symmetric(x, weights, 16, 4, codes, NULL);
        } else {
            block.scale[j] = search_coordinates(x, 16, 4, codes);
        }
    }
    if (tile->isWeighted) {
        u8x16 codes[16];
        block.d = to_halves(search_symmetric(block.scale, block.weight, 16, 32, codes, NULL));
        for (int j = 0; j < 16; j++) block.scaleCode[j] = ints_of_bytes(codes[j]) - 32;
    } else {
        f32x16 extreme = extreme_of(block.scale, 16);
        i32x16 isUsed = (i32x16)(extreme != 0.0f);
        f32x16 inverse = pick_float(isUsed, -32.0f / extreme, (f32x16){});
        for (int j = 0; j < 16; j++)
            block.scaleCode[j] = pick_int(isUsed, clamped(nearest(inverse * block.scale[j]), -32, 31), (i32x16){} - 32);
        block.d = to_halves(pick_float(isUsed, 1.0f / inverse, (f32x16){}));
    }
    requantize_symmetric(tile, &block, 4);
    put_q3_k(tile, &block);
}

INLINE void put_q6_k(encode_tile *tile, const super_block *block) {
    for (int half = 0; half < 2; half++) {
        for (int l = 0; l < 32; l++) {
            const u8x16 *first = block->codes + 128 * half + l;
            u8x16 *low = tile->bytes + 64 * half + l;
            low[0] = (first[0] & 15) | first[64] << 4;
            low[32] = (first[32] & 15) | first[96] << 4;
            tile->bytes[128 + 32 * half + l] = first[0] >> 4 | first[32] >> 4 << 2 | first[64] >> 4 << 4
                | first[96] >> 4 << 6;
        }
    }
    for (int j = 0; j < 16; j++) tile->bytes[192 + j] = bytes_of_ints(block->scaleCode[j]);
    put_halves(tile, 208, block->d);
}

static void encode_q6_k(encode_tile *tile) {
    super_block block;
    for (int j = 0; j < 16; j++) {
        block.scale[j] = search_symmetric(tile->x + 16 * j, tile->isWeighted ? tile->h + 16 * j : NULL, 16, 32,
            block.codes + 16 * j, NULL);
    }
    f32x16 extreme = extreme_of(block.scale, 16);
    i32x16 isUsed = (i32x16)(magnitude(extreme) >= negligible);
    f32x16 inverse = pick_float(isUsed, -128.0f / extreme, (f32x16){});
    block.d = to_halves(pick_float(isUsed, 1.0f / inverse, (f32x16){}));
    for (int j = 0; j < 16; j++)
        block.scaleCode[j] = __builtin_elementwise_min(nearest(inverse * block.scale[j]), (i32x16){} + 127) & isUsed;
    requantize_symmetric(tile, &block, 32);
    // A block without scales is all zero bytes.
    u8x16 used = bytes_of_ints(isUsed);
    for (int i = 0; i < 256; i++) block.codes[i] &= used;
    put_q6_k(tile, &block);
}
