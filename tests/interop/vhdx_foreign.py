#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Images as other programs may write them, made here from the format's description alone (no code of the
library's): every freedom that the format leaves is taken by one of them. Each must be read as it was meant,
be called sound by the check, and still be so after it was written to."""
import contextlib
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid

K, M, G, T = 1 << 10, 1 << 20, 1 << 30, 1 << 40
REPLSVC = os.path.join(sys.argv[1], 'bin', 'replsvc')
ABSENT, UNDEFINED, ZERO, UNMAPPED, FULL, PART = 0, 1, 2, 3, 6, 7

# ---- the format ----

CRC_TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    CRC_TABLE.append(n)


def crc32c(data):
    crc, table = 0xffffffff, CRC_TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xffffffff


def with_crc(data):
    data = bytearray(data)
    data[4:8] = bytes(4)
    struct.pack_into('<I', data, 4, crc32c(data))
    return bytes(data)


def guid(text):
    return uuid.UUID(text).bytes_le


BAT_REGION = guid('2DC27766-F623-4200-9D64-115E9BFD4A08')
METADATA_REGION = guid('8B7CA206-4790-4B9A-B8FE-575F050F886E')
FILE_PARAMETERS = guid('CAA16737-FA36-4D43-B3B6-33F0AA44E76B')
DISK_SIZE = guid('2FA54224-CD1B-4876-B211-5DBED83BF4B8')
DISK_ID = guid('BECA12AB-B2E6-4523-93EF-C309E000C746')
LOGICAL_SECTOR = guid('8141BF1D-A96F-4709-BA47-F233A8FAAB5F')
PHYSICAL_SECTOR = guid('CDA348C7-445D-4471-9CC9-E9885251C556')
PARENT_LOCATOR = guid('A8D35F2D-B30B-454D-ABF7-D3D84834AB0C')
CHS = guid('DA02D7BC-3D3A-423C-AC88-2A36AB21479B')
LOCATOR_TYPE = guid('B04AEFB7-D19E-4A81-B789-25B8E9445913')


def header(seq, data_write, log_guid=bytes(16), log_at=M, log_length=M, log_version=0, file_write=None):
    h = b'head' + bytes(4) + struct.pack('<Q', seq) + (file_write or uuid.uuid4().bytes_le) + data_write
    h += log_guid + struct.pack('<HHIQ', log_version, 1, log_length, log_at)
    return with_crc(h.ljust(4096, b'\0'))


def region_table(entries):
    t = b'regi' + bytes(4) + struct.pack('<II', len(entries), 0)
    for which, at, length, flags in entries:
        t += which + struct.pack('<QII', at, length, flags)
    return with_crc(t.ljust(64 * K, b'\0'))


def metadata_region(items, length):
    """items: (id, offset in the region, data, flags), in the order of the table."""
    t = bytearray(length)
    t[:12] = b'metadata' + struct.pack('<HH', 0, len(items))
    for i, (which, at, data, flags) in enumerate(items):
        t[32 + 32 * i:64 + 32 * i] = which + struct.pack('<IIII', at, len(data), flags, 0)
        t[at:at + len(data)] = data
    return bytes(t)


def locator(pairs):
    """pairs: keys and values, text or bytes that are taken as they are."""
    raw = [tuple(x if isinstance(x, bytes) else x.encode('utf-16-le') for x in pair) for pair in pairs]
    head = LOCATOR_TYPE + struct.pack('<HH', 0, len(raw))
    at, table, texts = 20 + 12 * len(raw), b'', b''
    for key, value in raw:
        table += struct.pack('<IIHH', at + len(texts), at + len(texts) + len(key), len(key), len(value))
        texts += key + value
    return head + table + texts


def log_entry(log_guid, seq, tail, pages, flushed, last, zeroes=()):
    """pages: (offset, 4096 bytes); zeroes: (offset, length)."""
    n = len(pages) + len(zeroes)
    first = (64 + 32 * n + 4095) // 4096 * 4096
    length = first + 4096 * len(pages)
    e = bytearray(length)
    e[:64] = b'loge' + struct.pack('<IIIQII', 0, length, tail, seq, n, 0) + log_guid + struct.pack(
        '<QQ', flushed, last)
    for i, (offset, data) in enumerate(pages):
        e[64 + 32 * i:96 + 32 * i] = b'desc' + data[4092:] + data[:8] + struct.pack('<QQ', offset, seq)
        s = first + 4096 * i
        e[s:s + 4096] = b'data' + struct.pack('<I', seq >> 32) + data[8:4092] + struct.pack(
            '<I', seq & 0xffffffff)
    for i, (offset, size) in enumerate(zeroes, len(pages)):
        e[64 + 32 * i:96 + 32 * i] = b'zero' + struct.pack('<IQQQ', 0, size, offset, seq)
    return with_crc(e)


# ---- an image ----

class Image:
    """Pieces of a file, and what of the disk they mean (all else is zero)."""

    def __init__(self, name, size, block=M, sector=512, physical=4096, flags=0, log=(M, M), meta=(2 * M, M),
                 bat=None, first=None, pairs=None, data_write=None):
        self.name, self.size, self.block, self.sector = name, size, block, sector
        self.flags, self.log, self.meta, self.pairs, self.physical = flags, log, meta, pairs, physical
        self.data_write = data_write or uuid.uuid4().bytes_le
        self.blocks = -(-size // block)
        self.ratio = (1 << 23) * sector // block
        chunks = -(-self.blocks // self.ratio)
        entries = chunks * (self.ratio + 1) if flags & 2 else self.blocks + (self.blocks - 1) // self.ratio
        self.bat_at = bat[0] if bat else self.meta[0] + self.meta[1]
        self.bat_length = bat[1] if bat else -(-8 * entries // M) * M
        self.next = first or self.bat_at + self.bat_length
        self.bat, self.pieces, self.expected, self.end = {}, [], [], None
        self.items = None
        self.regions = [(BAT_REGION, self.bat_at, self.bat_length, 1),
                        (METADATA_REGION, self.meta[0], self.meta[1], 1)]
        self.headers = [header(8, self.data_write, log_at=log[0], log_length=log[1]),
                        header(9, self.data_write, log_at=log[0], log_length=log[1])]
        self.tables = None
        self.code, self.qemu = 0, not flags & 2 and sector == 512 and size < T

    def standard_items(self):
        at = 64 * K
        items = []
        values = [(FILE_PARAMETERS, struct.pack('<II', self.block, self.flags), 4),
                  (DISK_SIZE, struct.pack('<Q', self.size), 6), (DISK_ID, uuid.uuid4().bytes_le, 6),
                  (LOGICAL_SECTOR, struct.pack('<I', self.sector), 6),
                  (PHYSICAL_SECTOR, struct.pack('<I', self.physical), 6)]
        if self.pairs:
            values.append((PARENT_LOCATOR, locator(self.pairs), 4))
        for which, data, flags in values:
            items.append((which, at, data, flags))
            at += len(data)
        return items

    def index(self, block):
        return block + block // self.ratio

    def bitmap_index(self, block):
        chunk = block // self.ratio
        return (chunk + 1) * self.ratio + chunk

    def allocate(self, length):
        at = self.next
        self.next += length
        return at

    def state(self, block, state, at=0):
        self.bat[self.index(block)] = at | state

    def fill(self, block, data=None, at=None, offset=0, state=FULL):
        """A block that is there, with data somewhere in it."""
        data = data if data is not None else pattern(block + self.block, 4096)
        at = self.allocate(self.block) if at is None else at
        self.state(block, state, at)
        self.pieces.append((at + offset, data))
        self.expected.append((block * self.block + offset, data))
        return at

    def part(self, block, runs, garbage=True):
        """A block that is there in part: (first sector, number) of what is. The rest has garbage."""
        at = self.allocate(self.block)
        self.state(block, PART, at)
        if garbage:
            self.pieces.append((at, b'\xde' * min(self.block, 256 * K)))
        bits = bytearray(self.block // self.sector // 8)
        for first, n in runs:
            data = pattern(first + n, n * self.sector)
            self.pieces.append((at + first * self.sector, data))
            self.expected.append((block * self.block + first * self.sector, data))
            for i in range(first, first + n):
                bits[i // 8] |= 1 << i % 8
        where = self.bitmap(block)
        self.pieces.append((where + block % self.ratio * len(bits), bytes(bits)))

    def bitmap(self, block):
        index = self.bitmap_index(block)
        if index not in self.bat:
            self.bat[index] = self.allocate(M) | 6
        return self.bat[index] & ~(M - 1)

    def bat_page(self, n):
        page = bytearray(4096)
        for index, entry in self.bat.items():
            if index // 512 == n:
                struct.pack_into('<Q', page, index % 512 * 8, entry)
        return bytes(page)

    def bat_pages(self):
        return [(self.bat_at + n * 4096, self.bat_page(n)) for n in sorted({i // 512 for i in self.bat})]

    def write(self, folder, in_place=True):
        path = os.path.join(folder, self.name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            def put(at, data):
                f.seek(at)
                f.write(data)
            put(0, b'vhdxfile' + 'another program'.encode('utf-16-le'))
            put(64 * K, self.headers[0])
            put(128 * K, self.headers[1])
            tables = self.tables or [region_table(self.regions)] * 2
            put(192 * K, tables[0])
            put(256 * K, tables[1])
            put(self.meta[0], metadata_region(self.items or self.standard_items(), self.meta[1]))
            if in_place:
                for at, page in self.bat_pages():
                    put(at, page)
            for at, data in self.pieces:
                put(at, data)
            f.truncate(self.end if self.end is not None else self.next)
        return path


def pattern(seed, length):
    return random.Random(seed).randbytes(length)


# ---- the client ----

failures = 0


def wrong(name, text):
    global failures
    failures += 1
    print('%s: %s' % (name, text))


def run(*args, code=0):
    p = subprocess.run([REPLSVC] + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if p.returncode != code:
        raise RuntimeError('replsvc %s: %d: %s%s' % (' '.join(args), p.returncode, p.stdout, p.stderr))
    return p.stdout


def data_extents(fd, size):
    at = 0
    while at < size:
        try:
            at = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(fd, at, os.SEEK_HOLE)
        yield at, end
        at = end


def compare(name, raw, size, expected):
    """The raw file has what is expected, in order of writing, and zeroes elsewhere."""
    if os.path.getsize(raw) != size:
        wrong(name, '%d bytes instead of %d' % (os.path.getsize(raw), size))
    fd = os.open(raw, os.O_RDONLY)
    ranges = list(data_extents(fd, size)) + [(at, at + len(data)) for at, data in expected]
    for begin, end in ranges:
        for at in range(begin, min(end, size), M):
            n = min(M, end - at, size - at)
            want = bytearray(n)
            for offset, data in expected:
                low, high = max(at, offset), min(at + n, offset + len(data))
                if low < high:
                    want[low - at:high - at] = data[low - offset:high - offset]
            if os.pread(fd, n, at) != bytes(want):
                wrong(name, 'other content near %d' % at)
                os.close(fd)
                return
    os.close(fd)


def examine(folder, image, expected=None, dirty=False):
    """Reads, checks, writes on and reads again."""
    name, path = image.name, os.path.join(folder, image.name)
    expected = expected if expected is not None else image.expected
    raw = os.path.join(folder, 'out.raw')
    try:
        about = json.loads(run('info', 'vhdx:' + path, '--json'))
        if about['size'] != image.size or about['vhdx']['block_size'] != image.block or \
                about['vhdx']['logical_sector_size'] != image.sector or about['vhdx']['log_in_use'] != dirty:
            wrong(name, 'info says %s' % about)
        report = json.loads(run('check', path, '--json', code=4 if dirty else image.code))
        if report['damage'] != 0:
            wrong(name, 'the check finds damage: %s' % report['findings'])
        run('--quiet', 'copy', 'vhdx:' + path, raw)
        compare(name, raw, image.size, expected)
        write_on(folder, image, expected, raw)
    except (RuntimeError, ValueError) as e:
        wrong(name, e)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(raw)


def write_on(folder, image, expected, raw):
    """What another changes in the disk is there, beside what was; the file stays sound."""
    name, path = image.name, os.path.join(folder, image.name)
    changes = [(at, pattern(at + 99, 4096)) for at in
               (image.size // 8 // 4096 * 4096, (image.size - 4096) // 4096 * 4096)]
    state = os.path.join(folder, 'state')
    run('--state', state, 'element', 'add', 'e', 'vhdx:' + path)
    for at, data in changes:
        subprocess.run([REPLSVC, '--state', state, 'element', 'write', 'e', '--offset', str(at)], input=data,
                       check=True, stdout=subprocess.PIPE)
    shutil.rmtree(state)
    os.unlink(raw)
    run('--quiet', 'copy', 'vhdx:' + path, raw)
    compare(name + ' (written)', raw, image.size, expected + changes)
    if image.code:
        run('check', path, '--repair')
    report = json.loads(run('check', path, '--json'))
    if report['errors'] or report['damage']:
        wrong(name, 'after writing: %s' % report['findings'])
    if image.qemu and shutil.which('qemu-img'):
        p = subprocess.run(['qemu-img', 'check', '-f', 'vhdx', path], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        if p.returncode != 0:
            wrong(name, 'qemu-img, after writing: %s' % p.stdout)


# ---- plain images ----

def plain_images():
    i = Image('reversed order, gaps, odd length', 20 * M)
    for n, block in enumerate((7, 3, 19, 0, 12)):
        i.fill(block, at=i.next + (9 - 2 * n) * M, offset=n * 8192)
    i.end = i.next + 10 * M + 512
    yield i

    i = Image('fixed, cut at the end of the disk', 5 * M + 300 * K, block=2 * M, flags=1)
    for block in range(3):
        i.fill(block, offset=64 * K)
    i.end = i.next - 2 * M + (M + 300 * K)
    i.code = 4  # reported, not in the way
    yield i

    i = Image('fixed with blocks that are not there', 8 * M, block=M, flags=1)
    i.fill(1)
    for block, state in ((2, ABSENT), (3, ZERO), (4, UNMAPPED), (5, UNDEFINED)):
        i.state(block, state)
    yield i

    i = Image('sectors of 4096 over 512', 40 * M + 4096, sector=4096, physical=512)
    i.fill(0)
    i.fill(40)
    yield i

    i = Image('the largest blocks', 600 * M, block=256 * M)
    i.fill(2, offset=80 * M)
    i.fill(0, offset=255 * M)
    yield i

    i = Image('over the end of chunks', 12 * G + 512)
    for block in (0, 4095, 4096, 8191, 8192, 12288):
        i.fill(block, data=pattern(block, 512))
    yield i

    i = Image('large sectors, large chunks', 33 * G, sector=4096)
    for block in (1, 32767, 32768, 33 * 1024 - 1):
        i.fill(block)
    yield i

    i = Image('everything elsewhere', 10 * M, log=(9 * M, 3 * M), meta=(20 * M, 2 * M), bat=(4 * M, 3 * M),
              first=M)
    i.fill(3, at=M)  # a block before all regions
    i.fill(9, at=13 * M)
    i.next = 22 * M
    yield i

    i = Image('the largest disk', 64 * T, block=64 * M)
    for block in (0, 64 * 5 + 3, 64 * T // (64 * M) - 1):
        i.fill(block)
    yield i

    i = Image('a table of several MiB', 500 * G)
    for block in (0, 4096 * 5 + 3, 500 * 1024 - 1):
        i.fill(block)
    yield i

    i = Image('states with and without a place', 12 * M)
    i.fill(0)
    for block, state in ((1, UNMAPPED), (2, UNDEFINED)):
        at = i.allocate(M)  # the space still is the block's
        i.state(block, state, at)
        i.pieces.append((at, b'\xee' * M))
    i.state(3, ZERO)
    i.state(4, UNMAPPED)
    i.fill(5)
    yield i

    i = Image('garbage where a plain image has no bitmaps', 5 * G)
    i.fill(4097)
    i.bat[4096] = 0x123456789abcdef7
    i.code = 4
    yield i

    i = Image('there in part without a parent', 5 * M)
    i.fill(2, state=PART)
    i.code = 4
    yield i

    i = Image('a table longer than the disk needs, entries behind its end', 5 * M)
    i.fill(4)
    for n in range(5, 512):
        i.bat[n] = 0xfffffff000000006
    yield i


def odd_headers():
    def image(name, headers, code=0):
        i = Image(name, 5 * M)
        i.fill(3)
        i.headers, i.code = headers(i), code
        return i

    yield image('two headers alike', lambda i: [header(1, i.data_write, file_write=bytes(range(16)))] * 2)
    yield image('the first header newer', lambda i: [header(7, i.data_write), header(6, bytes(range(16)))])
    yield image('only the second header', lambda i: [bytes(4096), header(0, i.data_write)], 4)
    yield image('only the first header', lambda i: [header(1 << 63, i.data_write), b'\xff' * 4096], 4)
    yield image('a log of a later version, not in use', lambda i: [header(n, i.data_write, log_version=3)
                                                                   for n in (1, 2)])
    i = image('old entries in a log that is not in use', lambda i: [header(n, i.data_write) for n in (1, 2)])
    i.pieces.append((M, log_entry(bytes(range(16)), 55, 0, [(i.bat_at, bytes(4096))], M, M)))
    yield i


def odd_tables():
    i = Image('regions not marked as required, and one more', 5 * M, first=8 * M)
    i.fill(0)
    i.regions = [(uuid.uuid4().bytes_le, 5 * M, 2 * M, 0), (METADATA_REGION, i.meta[0], i.meta[1], 0),
                 (BAT_REGION, i.bat_at, i.bat_length, 0)]
    yield i

    i = Image('only the second region table', 5 * M)
    i.fill(0)
    i.tables = [b'\xff' * (64 * K), region_table(i.regions)]
    i.code = 4
    yield i

    i = Image('items in any order and place, unknown ones', 5 * M, meta=(2 * M, 2 * M))
    i.fill(1)
    values = {n[0]: n for n in i.standard_items()}
    i.items = [(PHYSICAL_SECTOR, 0x1fff00, values[PHYSICAL_SECTOR][2], 6),
               (uuid.uuid4().bytes_le, 0, b'', 0),
               (DISK_SIZE, 0x10ffc, values[DISK_SIZE][2], 6),  # across two pages
               (uuid.uuid4().bytes_le, 0x40000, pattern(1, 100000), 1),  # a user's
               (DISK_SIZE, 0x60000, b'mine', 1),  # a user's of the same id
               (CHS, 0x70000, bytes(8), 4),
               (LOGICAL_SECTOR, 0x80001, values[LOGICAL_SECTOR][2], 6),
               (uuid.uuid4().bytes_le, 0x90000, bytes(16), 2),
               (FILE_PARAMETERS, 0x10000, values[FILE_PARAMETERS][2], 4),
               (DISK_ID, 0xffff8, values[DISK_ID][2], 6)]
    i.qemu = False  # it does not know the geometry item
    yield i


# ---- logs ----

def dirty_images():
    def image(name, log, entries, **more):
        """entries: function of (image, log guid) -> list of (place in the ring, entry)."""
        i = Image(name, 700 * M, log=log, meta=(log[0] + log[1], M), **more)
        for block in (0, 1, 513, 699):
            i.fill(block)
        log_guid = uuid.uuid4().bytes_le
        i.headers = [header(20 + n, i.data_write, log_guid, log[0], log[1]) for n in (0, 1)]
        for place, entry in entries(i, log_guid):
            whole = log[1] - place
            i.pieces.append((log[0] + place, entry[:whole]))
            if len(entry) > whole:
                i.pieces.append((log[0], entry[whole:]))
        return i

    def size(i):
        return i.next

    big = 80117443871106387

    def simple(i, g):
        return [(0, log_entry(g, big, 0, [], 4 * M, size(i))),
                (4096, log_entry(g, big + 1, 0, i.bat_pages(), 4 * M, size(i)))]
    yield image('a log as Windows begins it', (M, M), simple)

    def late_tail(i, g):
        pages, out, at = i.bat_pages(), [], 512 * K
        out.append((at, log_entry(g, 5, at, [(pages[0][0], b'\xdd' * 4096)], M, size(i))))
        first = at = at + 8192
        out.append((at, log_entry(g, 6, first, [(pages[0][0], b'\xee' * 4096)], M, size(i))))
        at += 8192
        out.append((at, log_entry(g, 7, first, pages, M, size(i))))
        # Before it, what a former log left, and behind it an entry that was not finished.
        out.append((0, log_entry(bytes(range(16)), 9000, 0, [(pages[0][0], bytes(4096))], M, M)))
        out.append((at + 4096 * (1 + len(pages)), log_entry(g, 8, first, [(pages[0][0], bytes(4096))], M,
                                                            M)[:5000].ljust(8192, b'\x11')))
        return out
    yield image('a tail before the head, remains of others', (M, M), late_tail)

    def wrapping(i, g):
        end = 3 * M
        return [(end - 12 * K, log_entry(g, 1 << 40, end - 12 * K, [], M, size(i))),
                (end - 8 * K, log_entry(g, (1 << 40) + 1, end - 12 * K, i.bat_pages(), M, size(i)))]
    yield image('an entry over the end of a larger ring', (8 * M, 3 * M), wrapping)

    def many_pages(i, g):
        pages = i.bat_pages() + [(i.meta[0] + 512 * K + 4096 * n, bytes(4096)) for n in range(126)]
        return [(0, log_entry(g, 3, 0, pages, M, size(i)))]
    yield image('an entry of more pages than one sector describes', (M, 4 * M), many_pages)

    def zero_and_file_end(i, g):
        entry = log_entry(g, 77, 0, i.bat_pages(), M, size(i), zeroes=[(i.bat_at + 64 * K, 128 * K)])
        i.pieces.append((i.bat_at + 64 * K, b'\xff' * 4096))
        return [(0, entry)]
    yield image('zeroed ranges', (M, M), zero_and_file_end)

    def tables_too(i, g):
        table = region_table(i.regions)
        i.tables = [b'\x55' * (64 * K), b'\x55' * (64 * K)]
        pages = [(192 * K + at, table[at % (64 * K):at % (64 * K) + 4096]) for at in range(0, 128 * K, 4096)]
        return [(0, log_entry(g, 2, 0, pages + i.bat_pages(), M, size(i)))]
    yield image('region tables that are only in the log', (M, M), tables_too)

    i = image('a file that the log makes longer', (M, M), simple)
    i.end = i.next - 900 * K  # the last block's data lies at its beginning
    yield i


# ---- children ----

def children(folder):
    parent = Image('dir/parent.vhdx', 24 * M, block=2 * M)
    for block in (0, 1, 2, 3, 4, 11):
        parent.fill(block, data=pattern(block, 2 * M))
    linkage = '{%s}' % uuid.UUID(bytes_le=parent.data_write)

    def child(name, pairs, size=24 * M, block=M, within=True, **more):
        i = Image('dir/%s.vhdx' % name, size, block=block, flags=2, pairs=pairs, **more)
        covered = []
        i.part(0, [(0, 1), (5, 3), (2040, 8)])
        i.fill(1, data=pattern(1001, block))
        i.state(2, ZERO)
        covered.append((2 * block, bytes(block)))
        i.state(3, UNMAPPED)
        covered.append((3 * block, bytes(block)))
        i.fill(6, data=pattern(1006, 512))
        covered.append((6 * block, bytes(block)))
        # Bits of blocks that are not there in part mean nothing.
        i.pieces.append((i.bitmap(1) + 2048 // 8 * 2, b'\xff' * 1024))
        below = [(at, data) for at, data in parent.expected if at < size]
        below = [(at, data[:size - at]) for at, data in below]
        i.all = below + covered + i.expected
        return parent, i

    ours = ('parent_linkage', linkage)
    none = ('parent_linkage2', '{%s}' % uuid.UUID(int=0))
    yield child('windows', [ours, none, ('relative_path', '.\\parent.vhdx'),
                            ('volume_path', '\\\\?\\Volume{26a21bda-a627-11d7-9931-806e6f6e6963}\\parent.vhdx'),
                            ('absolute_win32_path', 'C:\\dir\\parent.vhdx')])
    yield child('only absolute', [ours, ('absolute_win32_path', '\\\\?\\d:\\VMs\\parent.vhdx')])
    yield child('only a volume', [('volume_path', '\\\\?\\Volume{1}\\x\\parent.vhdx'), ours])
    yield child('forward slashes', [ours, ('relative_path', './parent.vhdx')])
    yield child('no dot', [ours, ('relative_path', 'parent.vhdx')])
    yield child('round about', [ours, ('relative_path', '..\\dir\\.\\parent.vhdx')])
    yield child('moved', [ours, ('relative_path', '..\\Virtual Hard Disks\\parent.vhdx')])
    yield child('upper case, no braces', [('parent_linkage', linkage.strip('{}').upper()),
                                          ('relative_path', '.\\parent.vhdx')])
    yield child('second linkage', [('parent_linkage', '{%s}' % uuid.uuid4()), ('parent_linkage2', linkage),
                                   ('relative_path', '.\\parent.vhdx')])
    yield child('unknown keys', [('a_key', 'a value'), ('bytes', b'\x00\xd8\x00\x00'), ours,
                                 ('Relative_Path', 'no path'), ('relative_path', '.\\parent.vhdx')])
    yield child('terminated', [(ours[0], linkage + '\0'), ('relative_path', '.\\parent.vhdx\0')])
    yield child('larger', [ours, ('relative_path', '.\\parent.vhdx')], size=50 * M + 512)
    yield child('smaller', [ours, ('relative_path', '.\\parent.vhdx')], size=7 * M + 1024)
    yield child('a log of its own', [ours, ('relative_path', '.\\parent.vhdx')], log=(30 * M, 2 * M),
                meta=(5 * M, M), bat=(7 * M, M), first=40 * M)


def part_over_chunks(folder):
    parent = Image('dir/base.vhdx', 9 * G, block=32 * M)
    parent.fill(128, data=pattern(1, M), offset=0)
    i = Image('dir/chunks.vhdx', 9 * G, flags=2, pairs=[
        ('parent_linkage', '{%s}' % uuid.UUID(bytes_le=parent.data_write)),
        ('relative_path', '.\\base.vhdx')])
    for block in (4095, 4096, 8192):
        i.part(block, [(0, 7), (100, 1), (2047, 1)], garbage=False)
    i.all = parent.expected + i.expected
    return parent, i


def refused(folder):
    """Whatever a parent's name is, it leads to no other content and out of no folder."""
    for parent, i in list(children(folder))[:1]:
        parent.write(folder)
        other = Image('dir/other.vhdx', 24 * M, block=2 * M)
        other.write(folder)
        for n, path in enumerate(('.\\other.vhdx', '..\\..\\..\\etc\\passwd', '.\\missing.vhdx', '.')):
            i.pairs = [i.pairs[0] if i.pairs[0][0] == 'parent_linkage' else None, ('relative_path', path)]
            i.name = 'dir/refused%d.vhdx' % n
            i.write(folder)
            p = subprocess.run([REPLSVC, 'copy', 'vhdx:' + os.path.join(folder, i.name),
                                os.path.join(folder, 'out.raw')], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
            if p.returncode == 0 or 'parent' not in p.stdout or os.path.exists(os.path.join(folder, 'out.raw')):
                wrong(i.name, 'not refused: %s' % p.stdout)


def main():
    shm = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    n = 0
    with tempfile.TemporaryDirectory(dir=shm) as folder:
        for make, dirty in ((plain_images, False), (odd_headers, False), (odd_tables, False),
                            (dirty_images, True)):
            for i in make():
                i.write(folder, in_place=not dirty)
                examine(folder, i, dirty=dirty)
                os.unlink(os.path.join(folder, i.name))
                n += 1
        for parent, i in list(children(folder)) + [part_over_chunks(folder)]:
            parent.write(folder)
            i.write(folder)
            stale = i.name[4:-5] in ('only absolute', 'only a volume', 'moved')
            i.code = 4 if stale else 0
            examine(folder, i, expected=i.all)
            shutil.rmtree(os.path.join(folder, 'dir'))
            n += 1
        refused(folder)
    print('%d images, %d wrong' % (n, failures))
    return 1 if failures else 0


sys.exit(main())
