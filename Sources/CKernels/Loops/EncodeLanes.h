// What the encoders of ggml's blocks share: 16 blocks stand side by side in the lanes of a vector. Each lane then adds
// in the order in which ggml's reference code adds, and what that code decides by branches becomes masks.

/// `first` where the mask's lane is set, `second` elsewhere.
INLINE f32x16 pick_float(i32x16 mask, f32x16 first, f32x16 second) {
    return (f32x16)((mask & (i32x16)first) | (~mask & (i32x16)second));
}
INLINE i32x16 pick_int(i32x16 mask, i32x16 first, i32x16 second) { return (mask & first) | (~mask & second); }

INLINE f32x16 lanes_of(float value) { return value - (f32x16){}; }
INLINE f32x16 larger(f32x16 first, f32x16 second) { return pick_float(first > second, first, second); }
INLINE f32x16 smaller(f32x16 first, f32x16 second) { return pick_float(first < second, first, second); }
INLINE f32x16 magnitude(f32x16 values) { return (f32x16)((u32x16)values & 0x7FFFFFFF); }
INLINE f32x16 floats_of_ints(i32x16 values) { return __builtin_convertvector(values, f32x16); }
INLINE u8x16 bytes_of_ints(i32x16 values) { return __builtin_convertvector(values, u8x16); }
INLINE i32x16 ints_of_bytes(u8x16 values) { return __builtin_convertvector(values, i32x16); }
INLINE i32x16 clamped(i32x16 values, int low, int high) {
    return __builtin_elementwise_min(__builtin_elementwise_max(values, (i32x16){} + low), (i32x16){} + high);
}

/// Adding this leaves a number, rounded to the nearest whole one, ties to even, in the low bits of the sum.
static const float rounder = 12582912;  // 1.5 · 2^23

/// The nearest whole numbers, ties to even, by the bits of a sum: what is beyond 2^22 gives what those bits happen to
/// be, as in ggml (nearest_int).
INLINE i32x16 nearest(f32x16 values) { return ((i32x16)(values + rounder) & 0x7FFFFF) - 0x400000; }

/// As `nearest`, clamped, for values that are known to be below 2^22. Sums are above zero then, where floats are in the
/// order of their bits: as integers they take one instruction to clamp.
INLINE f32x16 near(f32x16 values, float low, float high) {
    i32x16 least = (i32x16)lanes_of(rounder + low), greatest = (i32x16)lanes_of(rounder + high);
    i32x16 sum = __builtin_elementwise_max((i32x16)(values + rounder), least);
    return (f32x16)__builtin_elementwise_min(sum, greatest) - rounder;
}

/// The whole parts; what 32 bits cannot hold is -2^31, as x86 has it.
INLINE i32x16 truncated(f32x16 values) {
#if INGOT_LEVEL == 2
    return (i32x16)_mm512_cvttps_epi32((__m512)values);
#elif INGOT_LEVEL == 1
    i32x16 found;
    for (int half = 0; half < 2; half++) {
        __m256i whole = _mm256_cvttps_epi32(LOAD(__m256, (const char *)&values + 32 * half));
        memcpy((char *)&found + 32 * half, &whole, 32);
    }
    return found;
#else
    i32x16 isUsual = (i32x16)(magnitude(values) < 0x1p31f);
    return pick_int(isUsual, __builtin_convertvector(pick_float(isUsual, values, (f32x16){}), i32x16),
        (i32x16){} + INT32_MIN);
#endif
}

/// The nearest whole numbers below 2^22, ties away from zero, as C's roundf has them; infinities and NaN are -2^31.
INLINE i32x16 rounded_away(f32x16 values) {
    // The float below 1/2: with it no sum of a number below a tie is rounded up to the next whole number.
    return truncated(values + (f32x16)(((u32x16)values & 0x80000000) | 0x3EFFFFFF));
}

/// The greatest block has 256 elements and 210 bytes.
typedef struct {
    f32x16 x[256];  ///< element i of each block
    f32x16 h[256];  ///< the importances of their columns, where `isWeighted`
    f32x16 greatest;   ///< the greatest magnitude of each block
    f32x16 rowSquare;  ///< the mean square of the block's row, where it is wanted
    int isWeighted;
    int rule;          ///< of INGOT_FLOOR ...
    i32x16 special;    ///< set where a scale is an infinity or NaN
    i32x16 clipped;    ///< how many weights were beyond the range of the codes
    u8x16 bytes[224];  ///< byte i of each block
} encode_tile;

/// Turns 16 vectors of 16 floats.
INLINE void turn_floats(f32x16 *rows) {
    f32x16 pairs[16], fours[16];
#define SHUFFLED __builtin_shufflevector
    for (int i = 0; i < 16; i += 2) {
        f32x16 a = rows[i], b = rows[i + 1];
        pairs[i] = SHUFFLED(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
        pairs[i + 1] = SHUFFLED(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    }
    for (int i = 0; i < 16; i += 4) {
        for (int part = 0; part < 2; part++) {
            f32x16 a = pairs[i + part], b = pairs[i + 2 + part];
            fours[i + 2 * part] = SHUFFLED(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
            fours[i + 2 * part + 1] = SHUFFLED(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
        }
    }
#define EVEN_QUARTERS(a, b) SHUFFLED(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define ODD_QUARTERS(a, b) SHUFFLED(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
    for (int i = 0; i < 4; i++) {
        f32x16 evenLow = EVEN_QUARTERS(fours[i], fours[4 + i]), evenHigh = EVEN_QUARTERS(fours[8 + i], fours[12 + i]);
        f32x16 oddLow = ODD_QUARTERS(fours[i], fours[4 + i]), oddHigh = ODD_QUARTERS(fours[8 + i], fours[12 + i]);
        rows[i] = EVEN_QUARTERS(evenLow, evenHigh);
        rows[4 + i] = EVEN_QUARTERS(oddLow, oddHigh);
        rows[8 + i] = ODD_QUARTERS(evenLow, evenHigh);
        rows[12 + i] = ODD_QUARTERS(oddLow, oddHigh);
    }
}

/// Turns 16 vectors of 16 bytes.
INLINE void turn_bytes(u8x16 *rows) {
    u8x16 turned[16];
    for (int round = 0; round < 4; round++) {
        u8x16 *from = round % 2 ? turned : rows, *to = round % 2 ? rows : turned;
        for (int i = 0; i < 8; i++) {
            u8x16 a = from[i], b = from[i + 8];
            to[2 * i] = SHUFFLED(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            to[2 * i + 1] = SHUFFLED(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
    }
}

/// Fills a tile's elements from 16 places, a block at each.
INLINE void load_blocks(f32x16 *elements, const float *const *places, int elementCount) {
    for (int start = 0; start < elementCount; start += 16) {
        for (int lane = 0; lane < 16; lane++) elements[start + lane] = LOAD(f32x16, places[lane] + start);
        turn_floats(elements + start);
    }
}

/// Writes the first `count` blocks of a tile, 16 bytes at a time; what does not divide is at the front, and is two
/// bytes or is stored as 16 bytes that overlap the next ones.
INLINE void store_blocks(u8x16 *bytes, int byteCount, size_t count, uint8_t *blocks) {
    const int head = byteCount % 16;
    u8x16 front[16];
    memcpy(front, bytes, sizeof(front));
    if (head == 2) {
        STORE(front, __builtin_convertvector(bytes[0], u16x16) | __builtin_convertvector(bytes[1], u16x16) << 8);
    } else if (head > 0) {
        turn_bytes(front);
    }
    for (int start = head; start < byteCount; start += 16) turn_bytes(bytes + start);
    for (size_t lane = 0; lane < count; lane++, blocks += byteCount) {
        if (head == 2) {
            memcpy(blocks, (const char *)front + 2 * lane, 2);
        } else if (head > 0) {
            STORE(blocks, front[lane]);
        }
        for (int start = head; start < byteCount; start += 16) STORE(blocks + start, bytes[start + (int)lane]);
    }
}

/// Stores a half-precision number of each block, and notes where it is an infinity or NaN.
INLINE void put_halves(encode_tile *tile, int place, u32x16 halves) {
    tile->special |= (i32x16)((halves & 0x7C00) == 0x7C00);
    tile->bytes[place] = bytes_of_ints((i32x16)halves);
    tile->bytes[place + 1] = bytes_of_ints((i32x16)(halves >> 8));
}

/// Codes clamped to a range; those beyond it are counted where the mask is set.
INLINE i32x16 counted_codes(encode_tile *tile, i32x16 codes, int low, int high, i32x16 mask) {
    i32x16 kept = clamped(codes, low, high);
    tile->clipped -= (i32x16)(kept != codes) & mask;
    return kept;
}

/// The first element of a magnitude, with its sign; 0 where that is 0.
INLINE f32x16 first_of(const f32x16 *x, int count, f32x16 greatest) {
    f32x16 found = {};
    for (int i = count - 1; i >= 0; i--) found = pick_float((i32x16)(magnitude(x[i]) == greatest), x[i], found);
    return pick_float((i32x16)(greatest > 0.0f), found, (f32x16){});
}

/// The element farthest from zero, with its sign: the first of several. NaN is passed over.
INLINE f32x16 extreme_of(const f32x16 *x, int count) {
    f32x16 greatest = {};
    for (int i = 0; i < count; i++) greatest = larger(magnitude(x[i]), greatest);
    return first_of(x, count, greatest);
}

INLINE f32x16 greatest_of(const f32x16 *x, int count) {
    i32x16 greatest = {};  // the bits of magnitudes rise with them, and NaN stands above infinity
    for (int i = 0; i < count; i++) greatest = __builtin_elementwise_max(greatest, (i32x16)magnitude(x[i]));
    return (f32x16)greatest;
}

/// 1 ÷ value, and 0 for 0.
INLINE f32x16 inverse_of(f32x16 values) { return pick_float((i32x16)(values != 0.0f), 1.0f / values, (f32x16){}); }

INLINE f32x16 square_sum(const f32x16 *x, int count) {
    f32x16 sum = {};
    for (int i = 0; i < count; i++) sum += x[i] * x[i];
    return sum;
}

/// The importances times √(σ² + x²), which ggml weighs errors by.
INLINE void blend_importances(const f32x16 *h, const f32x16 *x, f32x16 square, int count, f32x16 *weights) {
    for (int i = 0; i < count; i++) weights[i] = h[i] * __builtin_elementwise_sqrt(square + x[i] * x[i]);
}
