// Included once by each file in Levels/: every loop, compiled for that level.
// All code is little-endian, as the stored tensors are.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are read in place, little-endian");

// A product and a sum round twice at every level, so no level may join them.
#pragma STDC FP_CONTRACT OFF
// Vectors wider than the level's registers are only passed to functions that are inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#include "Lanes.h"
#include "Statistics.h"
#include "FourBitEncode.h"
#include "FourBitDecode.h"
#include "FourBitMeasure.h"
#include "Measure.h"
#include "Codes.h"
#include "BlockDecode.h"
#include "BlockEncode.h"
#include "BlockConvert.h"
#include "Cast.h"
#include "Pack.h"
#include "EncodeGroups.h"
#include "SearchGroups.h"
#include "GroupLoop.h"
#include "EncodeMicroscaled.h"
#include "FourBitSearch.h"
#include "EncodeFloats.h"
#include "Planes.h"
#include "Prefix.h"
#include "Difference.h"
#include "Combine.h"

#define INGOT_LEVEL_TABLE \
    { statistics_update, four_bit_encode, four_bit_decode, four_bit_measure, measure_floats, codes_decode, \
      blocks_decode, blocks_encode, blocks_convert, cast, codes_pack, codes_pack_awq, groups_range, \
      groups_encode, groups_encode_with, microscaled_encode, floats_encode, floats_try, planes_range, planes_split, \
      planes_join, planes_pack, planes_unpack, planes_difference, planes_sum, zero_words, nonzero_gather, \
      nonzero_scatter, prefix_encode, prefix_decode, four_bit_search, floats_difference, floats_scale, \
      floats_add_scaled }
