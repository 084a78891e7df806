// What one level of instructions offers, and the table of the levels.
#ifndef INGOT_LEVEL_H
#define INGOT_LEVEL_H

#include "CKernels.h"

typedef struct ingot_level {
    void (*statistics)(int, ingot_statistics *, const uint8_t *, size_t);
    void (*encode)(const ingot_four_bit *, const uint8_t *, size_t, uint8_t *, float *);
    void (*decode)(const ingot_four_bit *, const uint8_t *, const float *, size_t, uint8_t *);
    void (*measure)(const ingot_four_bit *, const uint8_t *, const uint8_t *, const float *, size_t, ingot_errors *);
    void (*measure_floats)(const float *, const float *, const float *, size_t, size_t, ingot_errors *);
    void (*codes)(const ingot_codes *, const uint8_t *, const float *, const float *, size_t, float *);
    void (*decode_blocks)(int, const uint8_t *, size_t, float *);
    void (*encode_blocks)(int, const ingot_encode_options *, const float *, size_t, size_t, const float *, uint8_t *,
        ingot_encode_counts *);
    void (*convert_blocks)(int, const ingot_encode_options *, int, const uint8_t *, size_t, uint8_t *,
        ingot_encode_counts *, ingot_errors *);
    void (*cast)(int, int, int, const uint8_t *, size_t, uint8_t *, ingot_cast_counts *);
    void (*pack)(int, const uint8_t *, size_t, uint8_t *);
    void (*pack_awq)(const uint8_t *, size_t, uint8_t *);
    void (*ranges)(const float *, size_t, size_t, size_t, float *, float *);
    uint64_t (*groups)(const ingot_groups *, const float *, const float *, size_t, uint8_t *, float *, float *);
    uint64_t (*group_codes)(const ingot_groups *, const float *, size_t, float, float, uint8_t *);
    uint64_t (*microscaled)(const ingot_microscaled *, const float *, const float *, size_t, uint8_t *, uint8_t *);
    uint64_t (*floats)(int, int, int, const float *, size_t, size_t, const float *, uint8_t *);
    void (*try_floats)(
        int, int, int, const float *, const float *, size_t, size_t, const float *, const float *, double *);
    void (*range)(int, const uint8_t *, size_t, int, uint64_t[2]);
    void (*split)(int, const uint8_t *, size_t, int, uint64_t, int, uint8_t *);
    void (*join)(int, const uint8_t *, size_t, int, uint64_t, int, uint8_t *);
    void (*pack_planes)(int, const uint8_t *, size_t, uint8_t *);
    void (*unpack_planes)(int, const uint8_t *, size_t, uint8_t *);
    void (*difference)(int, const uint8_t *, const uint8_t *, size_t, int, uint8_t *);
    void (*add_difference)(int, const uint8_t *, size_t, int, uint8_t *);
    size_t (*zeros)(int, const uint8_t *, size_t);
    size_t (*gather)(int, const uint8_t *, size_t, uint8_t *, uint8_t *);
    void (*scatter)(int, const uint8_t *, const uint8_t *, size_t, uint8_t *);
    size_t (*prefix_encode)(const uint8_t *, size_t, uint8_t *, size_t);
    int (*prefix_decode)(const uint8_t *, size_t, uint8_t *, size_t);
    void (*search)(const ingot_four_bit *, const uint8_t *, const float *, size_t, size_t, size_t, uint8_t *, float *);
    void (*floats_difference)(const uint8_t *, const uint8_t *, size_t, ingot_difference *);
    void (*floats_scale)(const float *, float, size_t, float *);
    void (*floats_add_scaled)(const float *, float, size_t, float *);
} ingot_level;

extern const ingot_level ingot_level_portable;
#if defined(__x86_64__)
extern const ingot_level ingot_level_avx2;
extern const ingot_level ingot_level_avx512;
#endif

#endif
