// The nearest of 256 ascending values, by the midpoints between them. Measured: neither gathers nor a search by halves
// come near to a table of starting points, so this is not compiled for other levels.
#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

/// A number as an integer in the same order: of negative ones, all bits but the sign are inverted.
static inline int32_t ordered(float value) {
    union { float number; int32_t bits; } view = {value};
    return view.bits ^ ((view.bits >> 31) & 0x7FFFFFFF);
}

/// Which bucket of the nearest-value search a number falls in: its sign, exponent and first five mantissa bits.
static inline unsigned bucket_of(float value) {
    union { float number; uint32_t bits; } view = {value};
    int magnitude = (int)((view.bits & 0x7FFFFFFF) >> 18) - (103 << 5);
    magnitude = magnitude < 0 ? 0 : magnitude;
    magnitude = magnitude > 24 * 32 ? 24 * 32 : magnitude;
    return (unsigned)magnitude + (view.bits >> 31) * (INGOT_BUCKETS / 2);
}

void ingot_nearest_prepare(const float *midpoints, int32_t keys[256], uint8_t starts[INGOT_BUCKETS]) {
    for (int place = 0; place < 255; place++) keys[place] = ordered(midpoints[place]);
    keys[255] = INT32_MAX;
    // A bucket's start is the code of its least value: the edge nearer to zero if positive, the other one if negative.
    for (unsigned bucket = 0; bucket < INGOT_BUCKETS; bucket++) {
        unsigned isNegative = bucket >= INGOT_BUCKETS / 2, magnitude = bucket % (INGOT_BUCKETS / 2);
        union { uint32_t bits; float number; } edge = {(magnitude + isNegative + (103 << 5)) << 18};
        float least = isNegative ? -edge.number : edge.number;
        if (!isNegative && magnitude == 0) least = 0;
        if (isNegative && magnitude == 24 * 32) least = -__builtin_inff();
        unsigned below = 0;
        while (below < 255 && midpoints[below] < least) below++;
        starts[bucket] = (uint8_t)below;
    }
}

void ingot_nearest_of_256(const int32_t *keys, const uint8_t *starts, float divisor, const float *values, size_t count,
    uint8_t *codes) {
    float reciprocal = 1.0f / divisor;
    int divides = __builtin_isinf(reciprocal);
    for (size_t index = 0; index < count; index++) {
        float value = divides ? values[index] / divisor : values[index] * reciprocal;
        int32_t key = ordered(value);
        unsigned below = starts[bucket_of(value)];
        // A bucket of the dynamic map holds at most two midpoints; the loop makes other maps right too.
        below += keys[below] < key;
        below += keys[below] < key;
        while (keys[below] < key) below++;
        codes[index] = (uint8_t)(value == value ? below : 0);
    }
}
