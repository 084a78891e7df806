#include <string.h>

#include "SHA256.h"

const uint32_t ingot_sha256_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static const uint32_t initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static void compress(int accelerated, ingot_sha256 *stream, const uint8_t *bytes, size_t blocks) {
    if (accelerated) ingot_sha256_blocks_fast(stream->words, bytes, blocks);
    else ingot_sha256_blocks_portable(stream->words, bytes, blocks);
}

void ingot_sha256_start(ingot_sha256 *stream) {
    memset(stream, 0, sizeof(*stream));
    memcpy(stream->words, initial, sizeof(initial));
}

/// Completes a block that was begun before; gives how many bytes that took.
static size_t take_head(int accelerated, ingot_sha256 *stream, const uint8_t *bytes, size_t count) {
    size_t held = stream->count % 64;
    if (held == 0) return 0;
    size_t taken = 64 - held < count ? 64 - held : count;
    memcpy(stream->pending + held, bytes, taken);
    stream->count += taken;
    if (held + taken == 64) compress(accelerated, stream, stream->pending, 1);
    return taken;
}

void ingot_sha256_update(int accelerated, ingot_sha256 *stream, const uint8_t *bytes, size_t count) {
    size_t head = take_head(accelerated, stream, bytes, count);
    bytes += head;
    count -= head;
    size_t blocks = count / 64;
    if (blocks > 0) compress(accelerated, stream, bytes, blocks);
    stream->count += count;
    memcpy(stream->pending, bytes + blocks * 64, count % 64);
}

void ingot_sha256_update_both(int accelerated, ingot_sha256 *first, const uint8_t *firstBytes, size_t firstCount,
    ingot_sha256 *second, const uint8_t *secondBytes, size_t secondCount) {
    // Each stream completes its own block first; from there on their blocks advance together, out of phase.
    if (accelerated && firstCount >= 192 && secondCount >= 192) {
        size_t firstHead = take_head(accelerated, first, firstBytes, firstCount);
        size_t secondHead = take_head(accelerated, second, secondBytes, secondCount);
        size_t firstBlocks = (firstCount - firstHead) / 64, secondBlocks = (secondCount - secondHead) / 64;
        size_t blocks = firstBlocks < secondBlocks ? firstBlocks : secondBlocks;
        ingot_sha256_blocks_both(first->words, firstBytes + firstHead, second->words, secondBytes + secondHead, blocks);
        first->count += blocks * 64;
        second->count += blocks * 64;
        firstBytes += firstHead + blocks * 64;
        firstCount -= firstHead + blocks * 64;
        secondBytes += secondHead + blocks * 64;
        secondCount -= secondHead + blocks * 64;
    }
    ingot_sha256_update(accelerated, first, firstBytes, firstCount);
    ingot_sha256_update(accelerated, second, secondBytes, secondCount);
}

void ingot_sha256_finish(int accelerated, ingot_sha256 *stream, uint8_t digest[32]) {
    uint64_t bits = stream->count * 8;
    size_t held = stream->count % 64;
    uint8_t last[128] = {0};
    memcpy(last, stream->pending, held);
    last[held] = 0x80;
    size_t blocks = held < 56 ? 1 : 2;
    for (int byte = 0; byte < 8; byte++) last[blocks * 64 - 1 - byte] = (uint8_t)(bits >> (8 * byte));
    compress(accelerated, stream, last, blocks);
    for (int byte = 0; byte < 32; byte++)
        digest[byte] = (uint8_t)(stream->words[byte / 4] >> (24 - 8 * (byte % 4)));
}
