/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRC-32C three ways: SSE 4.2's instruction, ARMv8's, and slicing by eight with tables that are made at
 * first use. The processor is asked once, at run time, so one binary runs everywhere.
 */
#include "util/crc32c.h"

#include <pthread.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
#endif

#define POLYNOMIAL UINT32_C(0x82f63b78) /* reflected */

static pthread_once_t once = PTHREAD_ONCE_INIT;
/* Written under `once`, constant afterwards. */
static uint32_t table[8][256];
static bool has_hardware;

static void prepare(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
        table[0][i] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t i = 0; i < 256; i++)
            table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
#if defined(__x86_64__)
    __builtin_cpu_init();
    has_hardware = __builtin_cpu_supports("sse4.2");
#elif defined(__aarch64__)
    has_hardware = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#endif
}

uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;
    (void)pthread_once(&once, prepare);
    crc = ~crc;
    for (; len >= 8; p += 8, len -= 8) {
        uint32_t low =
            crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
        crc = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^
              table[4][low >> 24] ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
    }
    for (; len; p++, len--)
        crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) uint32_t crc32c_by_hardware(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t wide = ~crc;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        wide = _mm_crc32_u64(wide, word);
    }
    uint32_t narrow = (uint32_t)wide;
    for (; len; p++, len--)
        narrow = _mm_crc32_u8(narrow, *p);
    return ~narrow;
}

#elif defined(__aarch64__)

__attribute__((target("+crc"))) uint32_t crc32c_by_hardware(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;
    crc = ~crc;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        crc = __crc32cd(crc, word);
    }
    for (; len; p++, len--)
        crc = __crc32cb(crc, *p);
    return ~crc;
}

#else

uint32_t crc32c_by_hardware(uint32_t crc, const void *data, size_t len)
{
    return crc32c_by_table(crc, data, len);
}

#endif

bool crc32c_has_hardware(void)
{
    (void)pthread_once(&once, prepare);
    return has_hardware;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
    return crc32c_has_hardware() ? crc32c_by_hardware(crc, data, len) : crc32c_by_table(crc, data, len);
}
