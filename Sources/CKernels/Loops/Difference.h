// How two runs of float32 numbers differ. Every sum runs in 16 double lanes over a tile, so that sums over a tensor keep
// some twelve digits; pairs of which one number is not finite are counted and left out of the sums.
//
// A block of a tile is looked at first. Most are finite, and of casts that lose nothing most hold the same numbers twice:
// these need fewer operations for the same sums.

typedef double f64x4 __attribute__((vector_size(32)));
typedef float f32x4 __attribute__((vector_size(16)));

typedef struct {
    double error[16], first[16], second[16], product[16], firstSum[16], secondSum[16], greatest[16];
    i32x16 different, special, unlike;
} difference_lanes;

INLINE i32x16 is_finite(f32x16 number) { return ((i32x16)number & 0x7F800000) != 0x7F800000; }

/// Four lanes of `numbers` as doubles.
INLINE f64x4 wide_lanes(const uint8_t *numbers, int lane) {
    return __builtin_convertvector(LOAD(f32x4, numbers + (size_t)lane * sizeof(float)), f64x4);
}

/// Adds `count` rows of 16 pairs, all of them finite. With `same`, the numbers are the same on both sides.
INLINE void add_finite(int same, difference_lanes *sums, const uint8_t *first, const uint8_t *second, size_t rows) {
    enum { step = 16 * sizeof(float) };
    for (int lane = 0; lane < 16; lane += 4) {
        f64x4 error = LOAD(f64x4, sums->error + lane), greatest = LOAD(f64x4, sums->greatest + lane);
        f64x4 ones = LOAD(f64x4, sums->first + lane), others = LOAD(f64x4, sums->second + lane);
        f64x4 product = LOAD(f64x4, sums->product + lane);
        f64x4 firstSum = LOAD(f64x4, sums->firstSum + lane), secondSum = LOAD(f64x4, sums->secondSum + lane);
        for (size_t index = 0; index < rows; index++) {
            f64x4 one = wide_lanes(first + index * step, lane);
            f64x4 square = one * one;
            ones += square;
            firstSum += one;
            if (same) {
                others += square;
                product += square;
                secondSum += one;
                continue;
            }
            f64x4 other = wide_lanes(second + index * step, lane);
            f64x4 apart = other - one;
            error += apart * apart;
            others += other * other;
            product += one * other;
            secondSum += other;
            greatest = __builtin_elementwise_max(greatest, __builtin_elementwise_abs(apart));
        }
        STORE(sums->error + lane, error);
        STORE(sums->greatest + lane, greatest);
        STORE(sums->first + lane, ones);
        STORE(sums->second + lane, others);
        STORE(sums->product + lane, product);
        STORE(sums->firstSum + lane, firstSum);
        STORE(sums->secondSum + lane, secondSum);
    }
}

/// Adds 16 pairs, of which some may not be finite.
INLINE void add_difference(difference_lanes *sums, f32x16 first, f32x16 second) {
    i32x16 finite = is_finite(first) & is_finite(second);
    i32x16 isSame = (first == second) | ((first != first) & (second != second));
    sums->special -= ~finite;
    sums->unlike -= ~finite & ~isSame;
    sums->different -= finite & ~isSame;
    float one[16], other[16];
    STORE(one, (i32x16)first & finite);
    STORE(other, (i32x16)second & finite);
    add_finite(0, sums, (const uint8_t *)one, (const uint8_t *)other, 1);
}

/// Adds a block of `rows` rows of 16 pairs.
INLINE void add_block(difference_lanes *sums, const uint8_t *first, const uint8_t *second, size_t rows) {
    enum { step = 16 * sizeof(float) };
    i32x16 finite = {}, different = {};
    finite = ~finite;
    for (size_t index = 0; index < rows; index++) {
        f32x16 one = LOAD(f32x16, first + index * step), other = LOAD(f32x16, second + index * step);
        finite &= is_finite(one) & is_finite(other);
        different -= one != other;
    }
    if (!__builtin_reduce_and(finite)) {
        for (size_t index = 0; index < rows; index++)
            add_difference(sums, LOAD(f32x16, first + index * step), LOAD(f32x16, second + index * step));
        return;
    }
    sums->different += different;
    if (__builtin_reduce_or(different)) add_finite(0, sums, first, second, rows);
    else add_finite(1, sums, first, second, rows);
}

/// The place of the first pair whose difference is `greatest`.
static __attribute__((noinline)) size_t place_of_difference(const uint8_t *first, const uint8_t *second, size_t count,
    double greatest) {
    for (size_t place = 0; place < count; place++) {
        float one, other;
        memcpy(&one, first + place * sizeof one, sizeof one);
        memcpy(&other, second + place * sizeof other, sizeof other);
        double error = (double)other - (double)one;
        if (error == greatest || error == -greatest) return place;
    }
    return 0;
}

INLINE void difference_tile(const uint8_t *first, const uint8_t *second, size_t start, size_t count,
    ingot_difference *difference) {
    enum { block = 8, step = 16 * sizeof(float) };
    difference_lanes sums = {};
    size_t rows = count / 16, rest = count % 16;
    for (size_t index = 0; index < rows; index += block) {
        size_t some = rows - index < block ? rows - index : block;
        add_block(&sums, first + index * step, second + index * step, some);
    }
    if (rest) {
        f32x16 one = {}, other = {};
        memcpy(&one, first + rows * step, rest * sizeof(float));
        memcpy(&other, second + rows * step, rest * sizeof(float));
        add_difference(&sums, one, other);
    }
    difference->squared_error += total_of((f64x16[]){LOAD(f64x16, sums.error)});
    difference->squared_first += total_of((f64x16[]){LOAD(f64x16, sums.first)});
    difference->squared_second += total_of((f64x16[]){LOAD(f64x16, sums.second)});
    difference->product += total_of((f64x16[]){LOAD(f64x16, sums.product)});
    difference->sum_first += total_of((f64x16[]){LOAD(f64x16, sums.firstSum)});
    difference->sum_second += total_of((f64x16[]){LOAD(f64x16, sums.secondSum)});
    difference->different += (uint64_t)__builtin_reduce_add(sums.different);
    difference->special += (uint64_t)__builtin_reduce_add(sums.special);
    difference->unlike += (uint64_t)__builtin_reduce_add(sums.unlike);
    double greatest = 0;
    for (int lane = 0; lane < 16; lane++) if (sums.greatest[lane] > greatest) greatest = sums.greatest[lane];
    if (greatest <= difference->greatest) return;
    difference->greatest = greatest;
    difference->greatest_place = start + place_of_difference(first, second, count, greatest);
}

static void floats_difference(const uint8_t *first, const uint8_t *second, size_t count,
    ingot_difference *difference) {
    enum { tile = 4096 };
    for (size_t place = 0; place < count; place += tile) {
        size_t some = count - place < tile ? count - place : tile;
        difference_tile(first + place * sizeof(float), second + place * sizeof(float), place, some, difference);
    }
}
