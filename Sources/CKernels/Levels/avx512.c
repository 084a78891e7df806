#if defined(__x86_64__)
#include <immintrin.h>

#include "../Level.h"

#define INGOT_LEVEL 2
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#include "../Loops/Table.h"
const ingot_level ingot_level_avx512 = INGOT_LEVEL_TABLE;
#pragma clang attribute pop
#endif
