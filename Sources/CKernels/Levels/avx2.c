#if defined(__x86_64__)
#include <immintrin.h>

#include "../Level.h"

#define INGOT_LEVEL 1
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#include "../Loops/Table.h"
const ingot_level ingot_level_avx2 = INGOT_LEVEL_TABLE;
#pragma clang attribute pop
#endif
