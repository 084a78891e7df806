// The parts of SHA-256: the constants, and one function that compresses blocks for each kind of machine.
#ifndef INGOT_SHA256_H
#define INGOT_SHA256_H

#include "../include/CKernels.h"

/// FIPS 180-4, section 4.2.2.
extern const uint32_t ingot_sha256_constants[64];

void ingot_sha256_blocks_portable(uint32_t words[8], const uint8_t *bytes, size_t blocks);

/// Where the machine has instructions: one stream, or two that run side by side. A SHA-256 instruction waits for the
/// one before it for as long as two take, so the second stream is nearly free.
void ingot_sha256_blocks_fast(uint32_t words[8], const uint8_t *bytes, size_t blocks);
void ingot_sha256_blocks_both(
    uint32_t first[8], const uint8_t *firstBytes, uint32_t second[8], const uint8_t *secondBytes, size_t blocks);

#endif
