// ggml's blocks to float32. Layouts and order of operations: ggml 0.25.3, ggml-common.h and ggml-quants.c.
#include "BlockParts.h"
#include "BlockLegacy.h"
#include "BlockK.h"
#include "BlockTernary.h"
#include "BlockCodebook.h"

/// Whether half-precision bits are an infinity or NaN.
INLINE int is_special(uint16_t half) { return (half & 0x7C00) == 0x7C00; }
INLINE int has_special_half(const uint8_t *place) { return is_special(LOAD(uint16_t, place)); }

/// Gives every NaN the same bits: machines differ in the sign of infinity times zero, and in which of two NaNs stays.
static void unify_nans(float *values, size_t count) {
    const uint32_t nan = 0xFFC00000;  // what x86 makes of infinity times zero, and so what ggml gave there
    for (size_t index = 0; index < count; index++)
        if (values[index] != values[index]) memcpy(values + index, &nan, 4);
}

/// - isUnusual: whether the scales of `block` can make a NaN.
#define DECODE(TYPE, decode, byteCount, elementCount, isUnusual) \
    case TYPE: \
        for (size_t index = 0; index < count; index++) { \
            const uint8_t *block = blocks + index * byteCount; \
            float *target = output + index * elementCount; \
            decode(block, target); \
            if (__builtin_expect(isUnusual, 0)) unify_nans(target, elementCount); \
        } \
        break

#define ONE(offset) has_special_half(block + offset)
#define TWO(first, second) (ONE(first) || ONE(second))

static void blocks_decode(int type, const uint8_t *blocks, size_t count, float *output) {
    switch (type) {
        DECODE(INGOT_Q4_0, block_q4_0, 18, 32, ONE(0));
        DECODE(INGOT_Q4_1, block_q4_1, 20, 32, TWO(0, 2));
        DECODE(INGOT_Q5_0, block_q5_0, 22, 32, ONE(0));
        DECODE(INGOT_Q5_1, block_q5_1, 24, 32, TWO(0, 2));
        DECODE(INGOT_Q8_0, block_q8_0, 34, 32, ONE(0));
        DECODE(INGOT_Q8_1, block_q8_1, 36, 32, ONE(0));
        DECODE(INGOT_Q2_K, block_q2_k, 84, 256, TWO(80, 82));
        DECODE(INGOT_Q3_K, block_q3_k, 110, 256, ONE(108));
        DECODE(INGOT_Q4_K, block_q4_k, 144, 256, TWO(0, 2));
        DECODE(INGOT_Q5_K, block_q5_k, 176, 256, TWO(0, 2));
        DECODE(INGOT_Q6_K, block_q6_k, 210, 256, ONE(208));
        DECODE(INGOT_Q8_K, block_q8_k, 292, 256, (LOAD(uint32_t, block) & 0x7F800000) == 0x7F800000);
        DECODE(INGOT_IQ2_XXS, block_iq2_xxs, 66, 256, ONE(0));
        DECODE(INGOT_IQ2_XS, block_iq2_xs, 74, 256, ONE(0));
        DECODE(INGOT_IQ3_XXS, block_iq3_xxs, 98, 256, ONE(0));
        DECODE(INGOT_IQ1_S, block_iq1_s, 50, 256, ONE(0));
        DECODE(INGOT_IQ4_NL, block_iq4_nl, 18, 32, ONE(0));
        DECODE(INGOT_IQ3_S, block_iq3_s, 110, 256, ONE(0));
        DECODE(INGOT_IQ2_S, block_iq2_s, 82, 256, ONE(0));
        DECODE(INGOT_IQ4_XS, block_iq4_xs, 136, 256, ONE(0));
        DECODE(INGOT_IQ1_M, block_iq1_m, 56, 256, is_special(iq1_m_scale(block)));
        DECODE(INGOT_TQ1_0, block_tq1_0, 54, 256, ONE(52));
        DECODE(INGOT_TQ2_0, block_tq2_0, 66, 256, ONE(64));
        DECODE(INGOT_MXFP4, block_mxfp4, 17, 32, 0);
        DECODE(INGOT_NVFP4, block_nvfp4, 36, 64, 0);
        DECODE(INGOT_Q1_0, block_q1_0, 18, 128, ONE(0));
        DECODE(INGOT_Q2_0, block_q2_0, 18, 64, ONE(0));
    }
}
