// Weights to four-bit codes. A block's absmax gives a reciprocal r; a weight w has the code that says how many decision
// points lie below the float32 product w * r.
//
// 16-bit weights are not multiplied. The product grows with w, so each decision point is passed at one certain 16-bit
// value: the code follows from comparing the weight's bits, as an ordered integer, with a block's 15 thresholds.

/// Values of either sign as integers in the same order: negative ones have all bits but the sign inverted.
INLINE i16x32 ordered(i16x32 bits) { return bits ^ ((bits >> 15) & 0x7FFF); }

/// The float that 16-bit weight `key` (ordered) stands for.
INLINE f32x16 of_key(int dtype, i32x16 key) {
    i32x16 sign = key >> 31;
    u32x16 magnitude = (u32x16)(key ^ sign);
    u32x16 signBit = (u32x16)sign & 0x80000000;
    if (dtype == INGOT_BF16) return (f32x16)((magnitude << 16) | signBit);
    return (f32x16)((u32x16)((f32x16)(magnitude << 13) * 0x1p112f) | signBit);
}

/// For each decision point, the greatest ordered 16-bit weight whose product does not exceed it. They are stored in the
/// order of a search by halves: points 0, 2 … 14, then 1, 5, 9, 13, then 3, 11, then 7.
///
/// `point * absmax` is within 2^-20 of the true boundary, and 16-bit weights are at least 2^-11 apart (for subnormals
/// further, relatively), so the boundary lies within one step of that product rounded down: two trials decide.
INLINE void find_thresholds(int dtype, const float *points, float absmax, float reciprocal, int16_t *tree) {
    const int shift = dtype == INGOT_BF16 ? 16 : 13;
    f32x16 point = LOAD(f32x16, points);
    f32x16 guess = point * absmax;
    if (dtype == INGOT_F16) guess *= 0x1p-112f;
    i32x16 sign = (i32x16)guess >> 31;
    i32x16 key = (i32x16)guess ^ (sign & 0x7FFFFFFF);
    key = (key - (sign & ((1 << shift) - 1))) >> shift;
    i32x16 below = ~(of_key(dtype, key) * reciprocal > point);
    i32x16 next = ~(of_key(dtype, key + 1) * reciprocal > point);
    i32x16 found = key - 1 - below - next;
    STORE(tree, __builtin_shufflevector(
        __builtin_convertvector(found, i16x16), (i16x16){}, 0, 2, 4, 6, 8, 10, 12, 14, 1, 5, 9, 13, 3, 11, 7, 15));
}

/// Thresholds of blocks, kept by the mantissa of their absmax: a power of two moves them by whole exponents.
typedef struct {
    int16_t rows[128][16];
    uint8_t known[128];
} threshold_cache;

/// The thresholds of a block of BF16 with an ordinary absmax, as bits 1...0x7F7F.
INLINE void cached_thresholds(const float *points, threshold_cache *cache, int absmax, int16_t *tree) {
    int mantissa = absmax & 0x7F;
    int16_t *found = cache->rows[mantissa];
    if (!cache->known[mantissa]) {
        float scale = 1.0f + (float)mantissa / 128;
        find_thresholds(INGOT_BF16, points, scale, 1.0f / scale, found);
        cache->known[mantissa] = 1;
    }
    int16_t move = (int16_t)((absmax & 0x7F80) - 0x3F80);
    i16x16 kept = LOAD(i16x16, found), sign = kept >> 15;
    // The threshold at zero stays there.
    STORE(tree, kept + (((move ^ sign) - sign) & (kept != 0)));
}

/// A row's ranks (how many decision points each weight exceeds), packed two in a byte with the first in the high half.
INLINE void store_codes(int type, u8x16 ranks, const uint8_t *codes, uint8_t *place) {
    // NF4's codes are its ranks.
    if (type == 1) ranks = (translate(codes, ranks >> 4) << 4) | translate(codes, ranks & 15);
    STORE(place, ranks);
}

/// How many of a block's thresholds each key exceeds.
INLINE i16x32 rank_of(const int16_t *tree, i16x32 key) {
#if INGOT_HAS_BYTE_SHUFFLE
    // A search by halves. The eight thresholds of the last step, and the four of the one before, fit in a register
    // whose bytes can be picked; `place` holds the two byte places of the threshold to compare with.
    i16x32 first = key > tree[14];
    i16x32 second = key > tree[12] + (first & (int16_t)(tree[13] - tree[12]));
    i16x32 place = 0x0100 + (first & 0x0404) + (second & 0x0202);
    i16x32 third = key > pick(tree + 8, place);
    place = place + place - 0x0100 + (third & 0x0202);
    i16x32 fourth = key > pick(tree, place);
    return (place & 0xFF) - fourth;
#else
    i16x32 rank = {};
    #pragma clang loop unroll(full)
    for (int point = 0; point < 15; point++) rank -= key > tree[point];
    return rank;
#endif
}

/// Codes of whole rows of 16-bit weights.
INLINE void encode_by_bits(int type, const int16_t *tree, const uint8_t *codesByRank, const uint8_t *input,
    size_t rows, uint8_t *codes) {
    for (size_t index = 0; index < rows; index++) {
        i16x32 ranks = rank_of(tree, ordered(LOAD(i16x32, input + index * 64)));
        u32x16 pairs = (u32x16)ranks;
        store_codes(
            type, __builtin_convertvector((pairs << 4) | (pairs >> 16), u8x16), codesByRank, codes + index * 16);
    }
}

/// How many points each product exceeds. NaN exceeds all, as in the CPU code of bitsandbytes.
INLINE i32x16 ranks_of(const float *points, f32x16 scaled) {
    i32x16 rank = {};
    #pragma clang loop unroll(full)
    for (int point = 0; point < 15; point++) rank -= ~(scaled <= points[point]);
    return rank;
}

/// Codes of whole rows by the products themselves (or quotients): for float32, and for blocks whose absmax is not
/// ordinary.
INLINE void encode_by_product(int type, int dtype, const ingot_four_bit *form, int divides, float absmax,
    const uint8_t *input, size_t rows, uint8_t *codes) {
    float reciprocal = 1.0f / absmax;
    divides |= __builtin_isinf(reciprocal);
    size_t step = INGOT_ROW * bytes_of(dtype);
    for (size_t index = 0; index < rows; index++) {
        row values = load_row(dtype, input + index * step);
        values.even = divides ? values.even / absmax : values.even * reciprocal;
        values.odd = divides ? values.odd / absmax : values.odd * reciprocal;
        i32x16 packed = (ranks_of(form->points, values.even) << 4) | ranks_of(form->points, values.odd);
        store_codes(type, __builtin_convertvector(packed, u8x16), form->codes_by_rank, codes + index * 16);
    }
}

INLINE float block_absmax(int dtype, const uint8_t *input, size_t rows) {
    if (dtype == INGOT_F32) {
        i32x16 greatest = {};
        for (size_t index = 0; index < rows * 2; index++) {
            i32x16 magnitude = LOAD(i32x16, input + index * 64) & 0x7FFFFFFF;
            greatest = __builtin_elementwise_max(greatest, magnitude);
        }
        int32_t bits = __builtin_reduce_max(greatest);
        return LOAD(float, &bits);
    }
    i16x32 greatest = {};
    for (size_t index = 0; index < rows; index++)
        greatest = __builtin_elementwise_max(greatest, LOAD(i16x32, input + index * 64) & 0x7FFF);
    u32x16 bits = {};
    bits[0] = (uint32_t)(uint16_t)__builtin_reduce_max(greatest);
    return dtype == INGOT_BF16 ? ((f32x16)(bits << 16))[0] : from_halves(bits)[0];
}

INLINE void encode_block(int type, int dtype, const ingot_four_bit *form, threshold_cache *cache,
    const uint8_t *input, size_t rows, uint8_t *codes, float scale) {
    if (scale == 0) {
        memset(codes, form->zero_code * 0x11, rows * 16);
        return;
    }
    int16_t tree[16];
    // Below 2^-100 thresholds of BF16 may be subnormal; above 2^16 products may round to zero, which FP4 tells apart.
    int ordinary = dtype == INGOT_BF16 ? scale > 0x1p-100f && scale < 0x1p16f
                                       : dtype == INGOT_F16 && scale < __builtin_inff();
    if (!ordinary) {
        encode_by_product(type, dtype, form, 0, scale, input, rows, codes);
        return;
    }
    if (dtype == INGOT_BF16) {
        int32_t bits = LOAD(int32_t, &scale);
        cached_thresholds(form->points, cache, bits >> 16, tree);
    } else {
        find_thresholds(dtype, form->points, scale, 1.0f / scale, tree);
    }
    encode_by_bits(type, tree, form->codes_by_rank, input, rows, codes);
}

INLINE void encode_blocks(int type, int dtype, const ingot_four_bit *form, const uint8_t *input, size_t count,
    uint8_t *codes, float *absmax) {
    threshold_cache cache;
    memset(cache.known, 0, sizeof(cache.known));
    size_t size = form->block_size, step = size * bytes_of(dtype), blocks = count / size, rest = count % size;
    // Every absmax of a group comes first: the next block need not wait for this one's thresholds.
    enum { group = 32 };
    for (size_t start = 0; start < blocks; start += group) {
        size_t end = start + group < blocks ? start + group : blocks;
        for (size_t block = start; block < end; block++)
            absmax[block] = block_absmax(dtype, input + block * step, size / INGOT_ROW);
        for (size_t block = start; block < end; block++)
            encode_block(type, dtype, form, &cache, input + block * step, size / INGOT_ROW,
                codes + block * size / 2, absmax[block]);
    }
    if (rest == 0) return;
    // The last block is filled with zeros, whose code is also the padding of an odd count.
    uint8_t values[4096 * 4], last[4096 / 2];
    memset(values, 0, step);
    memcpy(values, input + blocks * step, rest * bytes_of(dtype));
    float scale = block_absmax(dtype, values, size / INGOT_ROW);
    absmax[blocks] = scale;
    // bitsandbytes divides the weights of a short block.
    if (scale == 0) memset(last, form->zero_code * 0x11, sizeof(last));
    else encode_by_product(type, dtype, form, 1, scale, values, size / INGOT_ROW, last);
    memcpy(codes + blocks * size / 2, last, (rest + 1) / 2);
}

static void four_bit_encode(
    const ingot_four_bit *form, const uint8_t *input, size_t count, uint8_t *codes, float *absmax) {
    switch (form->type * 3 + form->dtype) {
    case 0: encode_blocks(0, INGOT_BF16, form, input, count, codes, absmax); break;
    case 1: encode_blocks(0, INGOT_F16, form, input, count, codes, absmax); break;
    case 2: encode_blocks(0, INGOT_F32, form, input, count, codes, absmax); break;
    case 3: encode_blocks(1, INGOT_BF16, form, input, count, codes, absmax); break;
    case 4: encode_blocks(1, INGOT_F16, form, input, count, codes, absmax); break;
    case 5: encode_blocks(1, INGOT_F32, form, input, count, codes, absmax); break;
    }
}
