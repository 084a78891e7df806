// The hot loops, one function per act. Each takes the level of instructions to use; the bytes of a result never depend
// on it. Callers check lengths; nothing here allocates, and no input (NaN and infinities included) is undefined.
#ifndef INGOT_CKERNELS_H
#define INGOT_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The levels of instructions, least first.
enum { INGOT_PORTABLE = 0, INGOT_AVX2 = 1, INGOT_AVX512 = 2 };

/// The greatest level that this machine runs.
int ingot_best_level(void);

// MARK: Statistics

/// Element types that the statistics loops read.
enum {
    INGOT_BF16 = 0, INGOT_F16 = 1, INGOT_F32 = 2, INGOT_F64 = 3, INGOT_I16 = 4, INGOT_U16 = 5, INGOT_I32 = 6,
    INGOT_U32 = 7, INGOT_I64 = 8, INGOT_U64 = 9, INGOT_C64 = 10
};

/// Elements that are taken together: a call's count is a multiple of this, except the last one's.
enum { INGOT_ROW = 32 };

/// Running sums over the finite elements, in 16 lanes of fixed membership, as differences from `pivot`.
typedef struct ingot_statistics {
    double sums[16];
    double squares[16];
    double minimum;  ///< +infinity while there is no finite element
    double maximum;  ///< -infinity while there is no finite element
    double pivot;
    uint64_t finite, zeros, nans, infinities;
} ingot_statistics;

void ingot_statistics_start(ingot_statistics *state);
void ingot_statistics_update(int level, int type, ingot_statistics *state, const uint8_t *bytes, size_t count);
/// The lanes' totals, added in a fixed order.
void ingot_statistics_totals(const ingot_statistics *state, double *sum, double *squares);
/// Adds to `counts` how often each byte occurs.
void ingot_histogram(const uint8_t *bytes, size_t count, uint64_t counts[_Nonnull 256]);

// MARK: Four-bit blocks

/// How a tensor is held in four-bit blocks.
typedef struct ingot_four_bit {
    int type;                      ///< 0: a code is its rank (NF4); 1: `codes_by_rank` tells (FP4)
    int dtype;                     ///< of the unquantized values: INGOT_BF16, INGOT_F16 or INGOT_F32
    size_t block_size;             ///< a multiple of 32, at most 4096
    const float *values;           ///< 16, by code
    const float *points;           ///< 15 ascending decision points and a 16th entry that is above 1
    const uint8_t *codes_by_rank;  ///< 16: the code of a weight that exceeds so many points
    int zero_code;
} ingot_four_bit;

/// Sums over weights w and their decoded values d.
typedef struct ingot_errors {
    double squared_error, squared_weight, product, squared_decoded, greatest_error;
    double weighted_error, weighted_weight;  ///< squares times the importance of their column
    uint64_t zeros;                          ///< weights that are not zero, but decode to zero
} ingot_errors;

void ingot_four_bit_encode(int level, const ingot_four_bit *form, const uint8_t *input, size_t count, uint8_t *codes,
    float *absmax);
void ingot_four_bit_decode(int level, const ingot_four_bit *form, const uint8_t *codes, const float *absmax,
    size_t count, uint8_t *output);
void ingot_four_bit_measure(int level, const ingot_four_bit *form, const uint8_t *input, const uint8_t *codes,
    const float *absmax, size_t count, ingot_errors *errors);

/// Replaces codes and absmax values, as `ingot_four_bit_encode` made them, where others have less error.
/// `importance` has a number for each of `columns`, or is null; `first` is the place of the first weight in its tensor.
void ingot_four_bit_search(int level, const ingot_four_bit *form, const uint8_t *input,
    const float *_Nullable importance, size_t columns, size_t first, size_t count, uint8_t *codes, float *absmax);

/// Adds the error of `count` decoded weights in rows of `columns`; the last row may be short.
/// `importance` has a number for each column, or is null.
void ingot_measure_floats(int level, const float *weights, const float *decoded, const float *_Nullable importance,
    size_t columns, size_t count, ingot_errors *errors);

/// How two runs of float32 numbers differ. A pair counts in the sums when both numbers are finite.
typedef struct ingot_difference {
    double squared_error, squared_first, squared_second, product, sum_first, sum_second;
    double greatest;                     ///< the greatest |second - first|
    uint64_t greatest_place;             ///< the first pair that has it
    uint64_t different;                  ///< finite pairs that are not equal; 0 and -0 are
    uint64_t special;                    ///< pairs of which one is not finite
    uint64_t unlike;                     ///< of those, pairs that are neither both NaN nor the same infinity
} ingot_difference;

/// Adds `count` pairs of float32 numbers; places count from the start of this call.
void ingot_floats_difference(int level, const uint8_t *first, const uint8_t *second, size_t count,
    ingot_difference *difference);

// MARK: Sums

/// `output` becomes `numbers` times `factor`; both may be the same.
void ingot_floats_scale(int level, const float *numbers, float factor, size_t count, float *output);

/// `numbers` times `factor` are added to `sums`; the product is rounded before the sum is.
void ingot_floats_add_scaled(int level, const float *numbers, float factor, size_t count, float *sums);

// MARK: Codes in groups

/// How a stream of codes is held: low bits first, no gap between codes.
typedef struct ingot_codes {
    int bits;             ///< of a code, 1...8
    int dtype;            ///< what each step rounds to: INGOT_BF16, INGOT_F16 or INGOT_F32
    int shifts_last;      ///< 0: (value - shift) * scale; 1: value * scale + shift, rounded after each step
    int is_linear;        ///< 1: a code's value is (code ^ flip) - offset, as `values` says too
    uint32_t flip;
    float offset;
    size_t group_size;    ///< elements that share a scale and a shift, at least 1
    const float *values;  ///< by code; 16 at least
} ingot_codes;

/// `shifts` may be null: no shift. `codes` holds count * bits bits, rounded up to bytes.
void ingot_codes_decode(int level, const ingot_codes *form, const uint8_t *codes, const float *scales,
    const float *_Nullable shifts, size_t count, float *output);

/// Turns `rows` rows of `columns` words into columns: word (row, column) goes to place column * stride + row.
void ingot_transpose_words(const uint8_t *input, size_t rows, size_t columns, uint8_t *output, size_t stride);
/// Turns `rows` rows of words, each of eight 4-bit codes of columns in the order 0, 2, 4, 6, 1, 3, 5, 7, into columns of
/// `stride` bytes, two codes a byte, the first one in the low half.
void ingot_gather_awq(const uint8_t *input, size_t rows, size_t words, uint8_t *output, size_t stride);

// MARK: Encoding groups

/// By which library's rule groups of weights become whole numbers.
enum { INGOT_MLX_AFFINE = 0, INGOT_GPTQ = 1, INGOT_AWQ = 2, INGOT_SIGNED = 3, INGOT_INT8_ROWS = 4 };

/// How groups of weights are held as whole numbers with a scale and perhaps a shift.
typedef struct ingot_groups {
    int rule;            ///< INGOT_SIGNED is that of compressed-tensors
    int bits;            ///< of a code, 2...8
    int dtype;           ///< of the stored scales, and of all steps of INGOT_SIGNED
    int is_symmetric;    ///< no zero points, or all in the middle
    int is_unsigned;     ///< INGOT_SIGNED: 2^(bits - 1) is added to codes; else they are signed bytes
    int least_zero;      ///< INGOT_GPTQ: the least zero point that can be stored
    int searches;        ///< 1: look for scales and shifts with less error
    size_t columns;      ///< of a row
    size_t group_size;   ///< the last group of a row may be short
} ingot_groups;

/// Makes the codes of whole rows, one a byte, and for each group the scale and the shift as they are decoded.
/// `importance` has a number for each column, or is null.
/// - Returns: how many weights are beyond the range of their codes.
uint64_t ingot_groups_encode(int level, const ingot_groups *form, const float *weights,
    const float *_Nullable importance, size_t count, uint8_t *codes, float *scales, float *shifts);
/// The least and greatest weight of each group of whole rows.
void ingot_groups_range(int level, const float *weights, size_t columns, size_t group, size_t count, float *lows,
    float *highs);
/// Makes codes of INGOT_SIGNED with a scale and a shift that are given.
uint64_t ingot_groups_encode_with(int level, const ingot_groups *form, const float *weights, size_t count,
    float scale, float shift, uint8_t *codes);

/// Packs codes of `bits` bits, one a byte, to a stream, low bits first, ended with zero bits.
void ingot_codes_pack(int level, int bits, const uint8_t *codes, size_t count, uint8_t *output);
/// Packs eight rows of 4-bit codes, one a byte, to words, one a column, the rows in the order 0, 2, 4, 6, 1, 3, 5, 7.
void ingot_codes_pack_awq(int level, const uint8_t *codes, size_t columns, uint8_t *output);

// MARK: Encoding small floats

/// How E8M0 scales follow from a block's greatest magnitude.
enum { INGOT_E8M0_FLOOR = 0, INGOT_E8M0_NEAREST = 1, INGOT_E8M0_CEIL = 2, INGOT_E8M0_BUMP = 3 };
enum { INGOT_F4 = 13 };

/// How blocks of 16 or 32 small floats share a scale of one byte.
typedef struct ingot_microscaled {
    int element;        ///< INGOT_F4 or INGOT_F8_E4M3
    int has_exponents;  ///< scales are E8M0; else F8_E4M3
    int rule;           ///< of E8M0 scales
    int is_even;        ///< the manner of compressed-tensors: ties to even; else that of MLX
    int dtype;          ///< compressed-tensors: of the weights, to which a sixth of the greatest one is rounded
    float divisor;      ///< compressed-tensors: what F8_E4M3 scales are divided by
    int searches;
    size_t columns;     ///< of a row: a multiple of the group size
    size_t group_size;  ///< 16 or 32
} ingot_microscaled;

/// Makes codes, one a byte, and the byte of each scale.
/// - Returns: how many weights are beyond the range of their codes.
uint64_t ingot_microscaled_encode(int level, const ingot_microscaled *form, const float *weights,
    const float *_Nullable importance, size_t count, uint8_t *codes, uint8_t *scales);

/// Makes the 8-bit floats of one row, whose runs of columns have a scale each. With `rounded`, quotients are rounded to
/// `dtype` first, and no code is -0 unless something vanished.
/// - Returns: how many weights are beyond the range of their codes.
uint64_t ingot_floats_encode(int level, int element, int dtype, int rounded, const float *weights, size_t columns,
    size_t run, const float *scales, uint8_t *codes);
/// Adds to `errors`, sixteen for each run of a row, the squared error under so many shares of its scale, which are
/// rounded to `scale_type`, and decoded numbers to `dtype`.
void ingot_floats_try(int level, int element, int scale_type, int dtype, const float *weights,
    const float *_Nullable importance, size_t columns, size_t run, const float *scales,
    const float shares[_Nonnull 16], double *errors);

// MARK: Nearest of 256 values

/// The steps of -1...1 for which the nearest value is known beforehand.
enum { INGOT_STEPS = 65536 };

/// Fills `table` with the code of each step: how many of the 255 ascending `midpoints` are below it.
void ingot_nearest_prepare(const float *midpoints, uint8_t table[_Nonnull INGOT_STEPS]);
/// The codes of values[i] * (1 / divisor), or of values[i] / divisor if that is infinite, rounded to a step.
void ingot_nearest_of_256(const uint8_t *table, float divisor, const float *values, size_t count, uint8_t *codes);

// MARK: ggml's blocks

/// The block types, numbered as ggml numbers them (ggml.h, enum ggml_type).
enum {
    INGOT_Q4_0 = 2, INGOT_Q4_1 = 3, INGOT_Q5_0 = 6, INGOT_Q5_1 = 7, INGOT_Q8_0 = 8, INGOT_Q8_1 = 9, INGOT_Q2_K = 10,
    INGOT_Q3_K = 11, INGOT_Q4_K = 12, INGOT_Q5_K = 13, INGOT_Q6_K = 14, INGOT_Q8_K = 15, INGOT_IQ2_XXS = 16,
    INGOT_IQ2_XS = 17, INGOT_IQ3_XXS = 18, INGOT_IQ1_S = 19, INGOT_IQ4_NL = 20, INGOT_IQ3_S = 21, INGOT_IQ2_S = 22,
    INGOT_IQ4_XS = 23, INGOT_IQ1_M = 29, INGOT_TQ1_0 = 34, INGOT_TQ2_0 = 35, INGOT_MXFP4 = 39, INGOT_NVFP4 = 40,
    INGOT_Q1_0 = 41, INGOT_Q2_0 = 42
};

/// Expands `count` blocks to float32; no other number than those above is a type.
void ingot_blocks_decode(int level, int type, const uint8_t *blocks, size_t count, float *output);

/// How blocks are made.
typedef struct ingot_encode_options {
    int best;  ///< 0: the bytes that ggml makes; 1: others of the same type, with less error
    int rule;  ///< for MXFP4; ggml's is INGOT_E8M0_FLOOR
} ingot_encode_options;

/// What happened to weights that were quantized.
typedef struct ingot_encode_counts {
    uint64_t special;        ///< blocks with a weight or a scale that is an infinity or NaN
    uint64_t first_special;  ///< the first of them
    uint64_t clipped;        ///< weights beyond the range of their block's codes
} ingot_encode_counts;

/// Quantizes `rows` rows of `columns` weights, each row whole blocks, and adds to `counts`. Types: Q4_0, Q4_1, Q5_0,
/// Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, TQ1_0, TQ2_0, MXFP4, NVFP4, Q1_0 and Q2_0.
/// `importance` has a number for each column, or is null.
void ingot_blocks_encode(int level, int type, const ingot_encode_options *options, const float *weights, size_t rows,
    size_t columns, const float *_Nullable importance, uint8_t *blocks, ingot_encode_counts *counts);

/// Quantizes `count` weights of INGOT_BF16, INGOT_F16 or INGOT_F32 without importances: whole blocks, as
/// `ingot_blocks_encode` makes them; and adds to `errors` what `ingot_measure_floats` says of them decoded.
void ingot_blocks_convert(int level, int type, const ingot_encode_options *options, int dtype, const uint8_t *input,
    size_t count, uint8_t *blocks, ingot_encode_counts *counts, ingot_errors *errors);

// MARK: Casts

/// Element types that casts know besides INGOT_BF16, INGOT_F16 and INGOT_F32.
enum { INGOT_F8_E4M3 = 11, INGOT_F8_E5M2 = 12 };

/// What happened to elements that were cast.
typedef struct ingot_cast_counts {
    uint64_t overflow;   ///< finite, but beyond the greatest finite number of the new type
    uint64_t underflow;  ///< not zero, but zero in the new type
    uint64_t subnormal;  ///< subnormal in the new type
    uint64_t nan, infinity;  ///< of the input
} ingot_cast_counts;

/// Casts `count` elements and adds to `counts`. What overflows becomes infinite; with `saturates` not 0, the greatest
/// finite number. F8_E4M3 has no infinity and always saturates, infinities too.
void ingot_cast(int level, int from, int to, int saturates, const uint8_t *input, size_t count, uint8_t *output,
    ingot_cast_counts *counts);

// MARK: Coded blobs

/// The smallest and the greatest of words of `width` bytes: 2, 4 or 8. With `turned` not 0 each word is turned left by
/// one bit before, so that a float's sign comes last and its exponent first.
void ingot_planes_range(
    int level, int width, const uint8_t *words, size_t count, int turned, uint64_t range[_Nonnull 2]);
/// Splits words into `width` planes of `count` bytes, the highest bytes first. Each word is turned, lowered by `base`
/// and shifted left by `shift` bits before.
void ingot_planes_split(int level, int width, const uint8_t *words, size_t count, int turned, uint64_t base, int shift,
    uint8_t *planes);
/// Makes words of planes again.
void ingot_planes_join(int level, int width, const uint8_t *planes, size_t count, int turned, uint64_t base, int shift,
    uint8_t *words);
/// Packs bytes whose `shift` low bits (1 or 2) are zero: with 2, the last quarter of them lies in the low bits of the
/// other three; with 1, the last eighth in those of the other seven. A part has ceil(count / 4 or 8) bytes.
void ingot_planes_pack(int level, int shift, const uint8_t *bytes, size_t count, uint8_t *output);
void ingot_planes_unpack(int level, int shift, const uint8_t *input, size_t count, uint8_t *bytes);
/// Differences of words of 1, 2, 4 or 8 bytes: exclusive or; with `subtracts` not 0, of words turned left by one bit,
/// modulo their range, the sign in the lowest bit.
void ingot_words_difference(int level, int width, const uint8_t *words, const uint8_t *bases, size_t count,
    int subtracts, uint8_t *output);
/// Turns differences back into words, in place.
void ingot_words_sum(int level, int width, const uint8_t *bases, size_t count, int subtracts, uint8_t *words);
/// How many words are zero.
size_t ingot_words_zeros(int level, int width, const uint8_t *words, size_t count);
/// Writes a bit for each word, the first lowest, and the words that are not zero; returns how many. `kept` has room for
/// all words and one more.
size_t ingot_words_gather(int level, int width, const uint8_t *words, size_t count, uint8_t *bitmap, uint8_t *kept);
/// Puts words where the bitmap has a bit. `kept` has as many as there are bits, and one more that counts for nothing.
void ingot_words_scatter(int level, int width, const uint8_t *bitmap, const uint8_t *kept, size_t count,
    uint8_t *words);
/// Adds the magnitudes (`power` 1) or squares (2) of a matrix's float32 numbers to a sum for each row and for each column.
/// Eight lanes of fixed membership make a row's sum, so that it is the same everywhere.
void ingot_axis_sums(
    const uint8_t *values, size_t rows, size_t columns, int power, double *row_sums, double *column_sums);
/// Copies the elements of `width` bytes (1, 2, 4 or 8) at `places` of each row, one row behind the other.
void ingot_gather_columns(int width, const uint8_t *input, size_t rows, size_t columns, const uint32_t *places,
    size_t count, uint8_t *output);
/// Codes bytes by a prefix code of at most 11 bits (docs/store.md). Returns 0, and writes nothing, for fewer than two
/// different bytes, and when the result would be longer than `limit`, which `output` has room for.
size_t ingot_prefix_encode(int level, const uint8_t *bytes, size_t count, uint8_t *output, size_t limit);
/// Decodes `count` bytes; 0 when the input is not exactly what codes them. Reads and writes inside both, whatever the
/// input.
int ingot_prefix_decode(int level, const uint8_t *input, size_t size, uint8_t *output, size_t count);
/// The bits that a prefix code made for a sample of the bytes would spend on it, in 1/256 of a bit for each byte.
int ingot_prefix_estimate(const uint8_t *bytes, size_t count);
/// XXH64 with seed 0.
uint64_t ingot_xxh64(const uint8_t *bytes, size_t count);

// MARK: SHA-256

/// One SHA-256 stream.
typedef struct ingot_sha256 {
    uint32_t words[8];
    uint8_t pending[64];
    uint64_t count;
} ingot_sha256;

/// Whether this machine has instructions for SHA-256.
int ingot_sha256_is_accelerated(void);
void ingot_sha256_start(ingot_sha256 *stream);
/// Advances a stream; `accelerated` must not be set where `ingot_sha256_is_accelerated` says no.
void ingot_sha256_update(int accelerated, ingot_sha256 *stream, const uint8_t *bytes, size_t count);
/// Advances two streams, which may take the same bytes.
void ingot_sha256_update_both(int accelerated, ingot_sha256 *first, const uint8_t *firstBytes, size_t firstCount,
    ingot_sha256 *second, const uint8_t *secondBytes, size_t secondCount);
void ingot_sha256_finish(int accelerated, ingot_sha256 *stream, uint8_t digest[_Nonnull 32]);

#pragma clang assume_nonnull end

#endif
