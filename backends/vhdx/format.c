/* SPDX-License-Identifier: BSD-2-Clause */
/* The format's names, and small functions over its bytes: see format.h. */
#include "vhdx/format.h"

#include <ctype.h>
#include <stdio.h>

#include "util/crc32c.h"
#include "util/id.h"

/* GUIDs are kept with their first three fields little-endian. */
#define GUID(a, b, c, d0, d1, d2, d3, d4, d5, d6, d7)                                                        \
    {                                                                                                        \
        {                                                                                                    \
            (uint8_t)(a), (uint8_t)((a) >> 8), (uint8_t)((a) >> 16), (uint8_t)((a) >> 24), (uint8_t)(b),     \
                (uint8_t)((b) >> 8), (uint8_t)(c), (uint8_t)((c) >> 8), d0, d1, d2, d3, d4, d5, d6, d7       \
        }                                                                                                    \
    }

const struct vhdx_guid vhdx_guid_bat =
    GUID(0x2dc27766u, 0xf623u, 0x4200u, 0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08);
const struct vhdx_guid vhdx_guid_metadata =
    GUID(0x8b7ca206u, 0x4790u, 0x4b9au, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e);
const struct vhdx_guid vhdx_item_file_parameters =
    GUID(0xcaa16737u, 0xfa36u, 0x4d43u, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b);
const struct vhdx_guid vhdx_item_virtual_disk_size =
    GUID(0x2fa54224u, 0xcd1bu, 0x4876u, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8);
const struct vhdx_guid vhdx_item_virtual_disk_id =
    GUID(0xbeca12abu, 0xb2e6u, 0x4523u, 0x93, 0xef, 0xc3, 0x09, 0xe0, 0x00, 0xc7, 0x46);
const struct vhdx_guid vhdx_item_logical_sector_size =
    GUID(0x8141bf1du, 0xa96fu, 0x4709u, 0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f);
const struct vhdx_guid vhdx_item_physical_sector_size =
    GUID(0xcda348c7u, 0x445du, 0x4471u, 0x9c, 0xc9, 0xe9, 0x88, 0x52, 0x51, 0xc5, 0x56);
const struct vhdx_guid vhdx_item_parent_locator =
    GUID(0xa8d35f2du, 0xb30bu, 0x454du, 0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c);
const struct vhdx_guid vhdx_item_chs =
    GUID(0xda02d7bcu, 0x3d3au, 0x423cu, 0xac, 0x88, 0x2a, 0x36, 0xab, 0x21, 0x47, 0x9b);
const struct vhdx_guid vhdx_item_incomplete =
    GUID(0x71cc85f0u, 0x1b69u, 0x4e28u, 0x95, 0x58, 0xc3, 0xbf, 0x83, 0xae, 0x75, 0xd3);
const struct vhdx_guid vhdx_item_pmem_labels =
    GUID(0x10e1ae8au, 0x4b7eu, 0x4169u, 0xa4, 0x0f, 0xcd, 0x70, 0xde, 0x92, 0x83, 0x93);
const struct vhdx_guid vhdx_locator_type =
    GUID(0xb04aefb7u, 0xd19eu, 0x4a81u, 0xb7, 0x89, 0x25, 0xb8, 0xe9, 0x44, 0x59, 0x13);

/* Which byte each pair of digits of the text is. */
static const uint8_t text_order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool dash_before(int i)
{
    return i == 4 || i == 6 || i == 8 || i == 10;
}

void vhdx_guid_text(const struct vhdx_guid *g, char text[VHDX_GUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *p = text;
    for (int i = 0; i < 16; i++) {
        if (dash_before(i))
            *p++ = '-';
        uint8_t byte = g->bytes[text_order[i]];
        *p++ = digits[byte >> 4];
        *p++ = digits[byte & 15];
    }
    *p = '\0';
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    int lower = tolower((unsigned char)c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool vhdx_guid_parse(const char *text, struct vhdx_guid *g)
{
    bool braces = *text == '{';
    text += braces;
    for (int i = 0; i < 16; i++) {
        if (dash_before(i) && *text++ != '-')
            return false;
        int high = digit_value(text[0]);
        int low = high < 0 ? -1 : digit_value(text[1]);
        if (low < 0)
            return false;
        g->bytes[text_order[i]] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    if (braces && *text++ != '}')
        return false;
    return *text == '\0';
}

int vhdx_guid_new(struct vhdx_guid *g)
{
    int r = random_bytes(g->bytes, sizeof(g->bytes));
    g->bytes[7] = (uint8_t)((g->bytes[7] & 0x0f) | 0x40);
    g->bytes[8] = (uint8_t)((g->bytes[8] & 0x3f) | 0x80);
    return r;
}

bool vhdx_all_zero(const void *data, size_t len)
{
    const uint8_t *p = data;
    return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

uint32_t vhdx_checksum(const uint8_t *data, size_t len, size_t field)
{
    static const uint8_t zero[4];
    uint32_t crc = crc32c(0, data, field);
    crc = crc32c(crc, zero, sizeof(zero));
    return crc32c(crc, data + field + sizeof(zero), len - field - sizeof(zero));
}
