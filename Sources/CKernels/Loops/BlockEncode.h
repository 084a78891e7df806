// float32 to ggml's blocks, 16 blocks at a time.
#include "EncodeLanes.h"
#include "EncodeSearch.h"
#include "EncodeLegacy.h"
#include "EncodeK.h"
#include "EncodeNonlinear.h"
#include "EncodeTernary.h"
#include "EncodeMX.h"
#include "EncodeBest.h"
#include "EncodeBestAffine.h"
#include "EncodeBestK.h"

/// How blocks of a type are made.
typedef struct {
    int elements, bytes;
    int wantsRowSquare;  ///< whether importances are blended with the row's mean square
    float limit;         ///< magnitudes beyond this cannot be held, and would overflow in the searches' sums
    void (*reference)(encode_tile *);
    void (*best)(encode_tile *);
} block_encoder;

static int find_encoder(int type, block_encoder *found) {
    switch (type) {
#define ENCODER(TYPE, name, elements, bytes, wantsRowSquare, limit) \
    case TYPE: *found = (block_encoder){elements, bytes, wantsRowSquare, limit, encode_##name, best_##name}; return 1
        ENCODER(INGOT_Q4_0, q4_0, 32, 18, 1, 1e10f);
        ENCODER(INGOT_Q4_1, q4_1, 32, 20, 1, 1e10f);
        ENCODER(INGOT_Q5_0, q5_0, 32, 22, 1, 1e10f);
        ENCODER(INGOT_Q5_1, q5_1, 32, 24, 1, 1e10f);
        ENCODER(INGOT_Q8_0, q8_0, 32, 34, 0, 1e10f);
        ENCODER(INGOT_Q2_K, q2_k, 256, 84, 0, 1e10f);
        ENCODER(INGOT_Q3_K, q3_k, 256, 110, 0, 1e10f);
        ENCODER(INGOT_Q4_K, q4_k, 256, 144, 0, 1e10f);
        ENCODER(INGOT_Q5_K, q5_k, 256, 176, 0, 1e10f);
        ENCODER(INGOT_Q6_K, q6_k, 256, 210, 0, 1e10f);
        ENCODER(INGOT_IQ4_NL, iq4_nl, 32, 18, 0, 1e10f);
        ENCODER(INGOT_IQ4_XS, iq4_xs, 256, 136, 0, 1e10f);
        ENCODER(INGOT_TQ1_0, tq1_0, 256, 54, 0, 1e10f);
        ENCODER(INGOT_TQ2_0, tq2_0, 256, 66, 0, 1e10f);
        ENCODER(INGOT_MXFP4, mxfp4, 32, 17, 0, __FLT_MAX__);
        ENCODER(INGOT_NVFP4, nvfp4, 64, 36, 0, __FLT_MAX__);
        ENCODER(INGOT_Q1_0, q1_0, 128, 18, 0, 1e10f);
        ENCODER(INGOT_Q2_0, q2_0, 64, 18, 0, 1e10f);
    }
    return 0;
}

/// The mean square of a row, added in the row's order.
static float mean_square(const float *row, size_t columns) {
    float sum = 0;
    for (size_t column = 0; column < columns; column++) sum += row[column] * row[column];
    return sum / (float)columns;
}

/// A mask of the lanes below `count`.
INLINE i32x16 first_lanes(size_t count) {
    const i32x16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return lanes < (int)count;
}

/// Σ h · (x - decoded)² of one block.
INLINE double block_error(const float *x, const float *h, const float *decoded, int count) {
    f64x16 sum = {};
    for (int i = 0; i < count; i += 16) {
        f64x16 error = __builtin_convertvector(LOAD(f32x16, x + i), f64x16)
            - __builtin_convertvector(LOAD(f32x16, decoded + i), f64x16);
        error *= error;
        if (h) error *= __builtin_convertvector(LOAD(f32x16, h + i), f64x16);
        sum += error;
    }
    return total_of(&sum);
}

/// A run of up to 16 blocks: where their weights and importances are.
typedef struct {
    size_t first, count;
    const float *weights[16], *importances[16];
} block_run;

/// Puts the blocks of a second encoder in the place of those that they are better than.
static void keep_better(int type, const block_encoder *encoder, encode_tile *tile, const block_run *run,
    uint8_t *blocks) {
    uint8_t others[16 * 210];
    float decoded[256];
    i32x16 special = tile->special, clipped = tile->clipped;
    size_t bytes = (size_t)encoder->bytes;
    tile->special = tile->clipped = (i32x16){};
    encoder->best(tile);
    store_blocks(tile->bytes, encoder->bytes, run->count, others);
    for (size_t lane = 0; lane < run->count; lane++) {
        const float *x = run->weights[lane], *h = tile->isWeighted ? run->importances[lane] : NULL;
        blocks_decode(type, blocks + lane * bytes, 1, decoded);
        double error = block_error(x, h, decoded, encoder->elements);
        blocks_decode(type, others + lane * bytes, 1, decoded);
        if (block_error(x, h, decoded, encoder->elements) < error) {
            memcpy(blocks + lane * bytes, others + lane * bytes, bytes);
        } else {
            tile->clipped[lane] = clipped[lane];
        }
    }
    // What the reference cannot hold is not saved by clipping it.
    tile->special = special;
}

/// Blocks of what no number can hold are all zero bytes: what else they held would differ among machines.
static void clear_blocks(encode_tile *tile, i32x16 isBeyond, const block_run *run, int byteCount, uint8_t *blocks) {
    tile->clipped &= ~isBeyond;
    for (size_t lane = 0; lane < run->count; lane++)
        if (isBeyond[lane]) memset(blocks + lane * (size_t)byteCount, 0, (size_t)byteCount);
}

INLINE void add_counts(const encode_tile *tile, const block_run *run, ingot_encode_counts *counts) {
    i32x16 isThere = first_lanes(run->count), special = tile->special & isThere;
    counts->clipped += (uint64_t)__builtin_reduce_add(tile->clipped & isThere);
    if (!__builtin_reduce_or(special)) return;
    for (size_t lane = 0; lane < run->count; lane++) {
        if (!special[lane]) continue;
        if (counts->special == 0) counts->first_special = run->first + lane;
        counts->special++;
    }
}

static void blocks_encode(int type, const ingot_encode_options *options, const float *weights, size_t rows,
    size_t columns, const float *importance, uint8_t *blocks, ingot_encode_counts *counts) {
    block_encoder encoder;
    if (!find_encoder(type, &encoder)) return;
    encode_tile tile;
    tile.isWeighted = importance != NULL;
    tile.rule = options->rule;
    size_t elements = (size_t)encoder.elements, rowBlocks = columns / elements, total = rows * rowBlocks;
    size_t squareRow = SIZE_MAX;
    float square = 0;
    block_run run;
    for (run.first = 0; run.first < total; run.first += 16) {
        run.count = total - run.first < 16 ? total - run.first : 16;
        for (size_t lane = 0; lane < 16; lane++) {
            // Lanes without a block repeat the last one.
            size_t block = run.first + (lane < run.count ? lane : run.count - 1);
            run.weights[lane] = weights + block * elements;
            if (!importance) continue;
            run.importances[lane] = importance + block % rowBlocks * elements;
            if (!encoder.wantsRowSquare) continue;
            if (block / rowBlocks != squareRow) {
                squareRow = block / rowBlocks;
                square = mean_square(weights + squareRow * columns, columns);
            }
            tile.rowSquare[lane] = square;
        }
        load_blocks(tile.x, run.weights, encoder.elements);
        if (importance) load_blocks(tile.h, run.importances, encoder.elements);
        tile.greatest = greatest_of(tile.x, encoder.elements);
        i32x16 isBeyond = ~(i32x16)(tile.greatest <= encoder.limit);
        tile.special = isBeyond;
        tile.clipped = (i32x16){};
        encoder.reference(&tile);
        uint8_t *target = blocks + run.first * (size_t)encoder.bytes;
        store_blocks(tile.bytes, encoder.bytes, run.count, target);
        if (options->best) keep_better(type, &encoder, &tile, &run, target);
        if (__builtin_reduce_or(isBeyond)) clear_blocks(&tile, isBeyond, &run, encoder.bytes, target);
        add_counts(&tile, &run, counts);
    }
}
