// The nearest of 256 ascending values, as the CPU code of bitsandbytes 0.50.2 finds it: by a table over 65,536 steps of
// -1...1. A value within half a step of a midpoint may so take the farther neighbor. Source: bitsandbytes,
// csrc/cpu_ops.cpp (build_quantize_lut, norm_to_lut_index).
#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

void ingot_nearest_prepare(const float *midpoints, uint8_t table[INGOT_STEPS]) {
    int code = 0;
    for (int step = 0; step < INGOT_STEPS; step++) {
        float value = -1.0f + (2.0f * (float)step) / (float)(INGOT_STEPS - 1);
        while (code < 255 && midpoints[code] < value) code++;
        table[step] = (uint8_t)code;
    }
}

void ingot_nearest_of_256(const uint8_t *table, float divisor, const float *values, size_t count, uint8_t *codes) {
    float reciprocal = 1.0f / divisor;
    int divides = __builtin_isinf(reciprocal);
    for (size_t index = 0; index < count; index++) {
        float value = divides ? values[index] / divisor : values[index] * reciprocal;
        // Not-a-number becomes -1.
        value = value > -1.0f ? value : -1.0f;
        value = value < 1.0f ? value : 1.0f;
        // The library's compiler joins this product and sum into one rounding; in double both are exact.
        float step = (float)((double)((value + 1.0f) * 0.5f) * (INGOT_STEPS - 1) + 0.5);
        codes[index] = table[(int)step];
    }
}
