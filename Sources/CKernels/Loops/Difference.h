// How two runs of float32 numbers differ. Every sum runs in 16 double lanes over a tile, so that sums over a tensor keep
// some twelve digits; pairs of which one number is not finite are counted and left out of the sums.

typedef struct {
    f64x16 error, first, second, product, firstSum, secondSum, greatest;
    i32x16 different, special, unlike;
} difference_lanes;

INLINE i32x16 is_finite(f32x16 number) { return ((i32x16)number & 0x7F800000) != 0x7F800000; }

INLINE void add_difference(difference_lanes *sums, f32x16 first, f32x16 second) {
    i32x16 finite = is_finite(first) & is_finite(second);
    i32x16 isSame = (first == second) | ((first != first) & (second != second));
    sums->special -= ~finite;
    sums->unlike -= ~finite & ~isSame;
    sums->different -= finite & ~isSame;
    f64x16 one = __builtin_convertvector((f32x16)((i32x16)first & finite), f64x16);
    f64x16 other = __builtin_convertvector((f32x16)((i32x16)second & finite), f64x16);
    f64x16 error = other - one;
    sums->error += error * error;
    sums->first += one * one;
    sums->second += other * other;
    sums->product += one * other;
    sums->firstSum += one;
    sums->secondSum += other;
    sums->greatest = __builtin_elementwise_max(sums->greatest, __builtin_elementwise_abs(error));
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
    difference_lanes sums = {};
    for (size_t place = 0; place < count; place += 16) {
        size_t some = count - place < 16 ? count - place : 16;
        f32x16 one = {}, other = {};
        if (some == 16) {
            memcpy(&one, first + place * sizeof(float), sizeof one);
            memcpy(&other, second + place * sizeof(float), sizeof other);
        } else {
            memcpy(&one, first + place * sizeof(float), some * sizeof(float));
            memcpy(&other, second + place * sizeof(float), some * sizeof(float));
        }
        add_difference(&sums, one, other);
    }
    difference->squared_error += total_of(&sums.error);
    difference->squared_first += total_of(&sums.first);
    difference->squared_second += total_of(&sums.second);
    difference->product += total_of(&sums.product);
    difference->sum_first += total_of(&sums.firstSum);
    difference->sum_second += total_of(&sums.secondSum);
    difference->different += (uint64_t)__builtin_reduce_add(sums.different);
    difference->special += (uint64_t)__builtin_reduce_add(sums.special);
    difference->unlike += (uint64_t)__builtin_reduce_add(sums.unlike);
    double greatest = __builtin_reduce_max(sums.greatest);
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
