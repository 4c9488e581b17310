# SPDX-License-Identifier: BSD-2-Clause
"""Host I/O: by position, as a file, vectored, through a queue, in asyncio."""
import array
import asyncio
import errno
import io
import mmap
import os
import select
import threading

from support import ServiceCase, main

import replsvc
from replsvc import Request

SIZE = 1 << 20


class Positional(ServiceCase):
    def setUp(self) -> None:
        super().setUp()
        self.volume = self.service.open_volume(self.web, writable=True)
        self.addCleanup(self.volume.close)

    def test_what_is_written_is_read(self) -> None:
        self.volume.pwrite(b"hello", 100)
        self.volume.pwrite(bytearray(b"world"), 4096, fua=True)
        self.volume.pwrite(memoryview(b"!!"), SIZE - 2)
        self.assertEqual(self.volume.pread(7, 99), b"\0hello\0")
        self.assertEqual(self.volume.pread(5, 4096), b"world")
        self.assertEqual(self.volume.pread(2, SIZE - 2), b"!!")
        self.volume.flush()
        with open(self.path("web.img"), "rb") as f:
            f.seek(100)
            self.assertEqual(f.read(5), b"hello")

    def test_any_writable_buffer_is_filled_in_place(self) -> None:
        self.volume.pwrite(bytes(range(256)) * 32, 0)
        for buffer in (bytearray(8192), memoryview(bytearray(8192)), mmap.mmap(-1, 8192), array.array("I", [0] * 2048)):
            self.volume.pread_into(buffer, 0)
            self.assertEqual(bytes(memoryview(buffer).cast("B")), bytes(range(256)) * 32)
        part = bytearray(10)
        self.volume.pread_into(memoryview(part)[2:5], 7)
        self.assertEqual(part, b"\0\0\7\x08\x09\0\0\0\0\0")
        part.extend(b"not pinned any more")

    def test_a_buffer_that_cannot_be_used_is_refused(self) -> None:
        with self.assertRaises(TypeError):
            self.volume.pread_into(b"constant", 0)
        with self.assertRaises(TypeError):
            self.volume.pwrite("text", 0)
        with self.assertRaises(ValueError):
            self.volume.pread(1, -1)
        with self.assertRaises(ValueError):
            self.volume.pread(1, 1 << 64)
        with self.assertRaises(TypeError):
            self.volume.pread(1, 0.5)

    def test_strided_data_is_written_as_it_reads(self) -> None:
        self.volume.pwrite(memoryview(bytearray(b"a.b.c.d."))[::2], 0)
        self.assertEqual(self.volume.pread(5, 0), b"abcd\0")

    def test_several_buffers_at_once(self) -> None:
        self.volume.pwritev([b"one", bytearray(b"two"), b"", b"three"], 10)
        first, second = bytearray(4), bytearray(7)
        self.volume.preadv([first, second], 10)
        self.assertEqual(first + second, b"onetwothree")

    def test_an_error_is_an_os_error_with_errno_and_place(self) -> None:
        with self.assertRaises(OSError) as told:
            self.volume.pread(10, SIZE - 5)
        self.assertEqual(told.exception.errno, errno.EINVAL)
        with self.assertRaises(replsvc.VolumeError) as told:
            self.volume.pwrite(b"12345", SIZE - 1)
        self.assertEqual(told.exception.errno, errno.ENOSPC)
        self.assertIn(str(SIZE - 1), str(told.exception))
        with self.service.open_volume(self.web) as reader, self.assertRaises(OSError) as told:
            reader.pwrite(b"x", 0)
        self.assertEqual(told.exception.errno, errno.EROFS)
        with self.assertRaises(OSError) as told:
            self.service.open_volume("elem-of-nobody")
        self.assertEqual(told.exception.errno, errno.ENOENT)

    def test_extents_and_zeroes(self) -> None:
        self.volume.pwrite(b"x" * 65536, 65536)
        extents = list(self.volume.extents())
        self.assertEqual(extents[0].offset, 0)
        self.assertEqual(sum(e.length for e in extents), SIZE)
        self.assertTrue(any(e.flags & replsvc.ExtentFlags.HOLE for e in extents))
        self.assertEqual([e.length for e in self.volume.extents(65536, 4096)], [4096])
        self.volume.write_zeroes(65536, 65536, may_unmap=True)
        self.assertEqual(self.volume.pread(65536, 65536), bytes(65536))

    def test_size_and_counters(self) -> None:
        self.volume.pwrite(b"x" * 4096, 0)
        info = self.volume.info()
        self.assertEqual((info.size_bytes, self.volume.size, info.writes, info.bytes_written), (SIZE, SIZE, 1, 4096))
        self.volume.resize(2 * SIZE)
        self.assertEqual(self.volume.size, 2 * SIZE)

    def test_threads_share_a_volume(self) -> None:
        def fill(number: int) -> None:
            for i in range(50):
                self.volume.pwrite(bytes([number]) * 4096, (i * 4 + number) * 4096)

        threads = [threading.Thread(target=fill, args=(n,)) for n in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(self.volume.pread(200 * 4096, 0), b"".join(bytes([n]) * 4096 for n in range(4)) * 50)


class AsAFile(ServiceCase):
    def test_a_volume_is_a_raw_file(self) -> None:
        with self.service.open_volume(self.web, writable=True) as volume:
            self.assertIsInstance(volume, io.RawIOBase)
            self.assertTrue(volume.readable() and volume.writable() and volume.seekable())
            self.assertEqual(volume.write(b"0123456789"), 10)
            self.assertEqual((volume.tell(), volume.seek(-4, io.SEEK_CUR)), (10, 6))
            self.assertEqual(volume.read(4), b"6789")
            self.assertEqual(volume.seek(-3, io.SEEK_END), SIZE - 3)
            self.assertEqual((volume.read(100), volume.read(100)), (b"\0\0\0", b""))
            volume.seek(SIZE - 3)
            self.assertEqual(volume.write(b"abcdef"), 3)
            with self.assertRaises(OSError):
                volume.write(b"d")
            with self.assertRaises(ValueError):
                volume.seek(-1)
            with self.assertRaises(io.UnsupportedOperation):
                volume.fileno()
        self.assertTrue(volume.closed)
        with self.assertRaises(ValueError):
            volume.read(1)

    def test_buffered_random_works_on_it(self) -> None:
        with io.BufferedRandom(self.service.open_volume(self.web, writable=True)) as f:
            for i in range(1000):
                f.seek(i * 1000)
                f.write(b"%04d" % i)
            f.seek(500_000)
            self.assertEqual(f.read(4), b"0500")
        with self.service.open(self.web) as f:
            self.assertEqual(len(f.read()), SIZE)
            f.seek(999_000)
            self.assertEqual(f.read(4), b"0999")
            with self.assertRaises(OSError):
                f.write(b"x")

    def test_only_the_modes_of_a_disk_are_taken(self) -> None:
        for mode in ("r", "w", "wb", "ab", "x"):
            with self.assertRaises(ValueError):
                self.service.open(self.web, mode)
        with self.service.open(self.web, "r+b", buffering=0) as volume:
            self.assertIsInstance(volume, replsvc.Volume)

    def test_a_snapshot_is_read_like_a_file_while_its_source_goes_on(self) -> None:
        with self.service.open(self.web, "r+b") as f:
            f.write(b"before")
        snapshot = self.snapshot()
        with self.service.open(self.web, "r+b") as f:
            f.write(b"after!")
        with self.service.open(snapshot.target_element) as f:
            self.assertEqual(f.read(6), b"before")


class ThroughAQueue(ServiceCase):
    def setUp(self) -> None:
        super().setUp()
        self.volume = self.service.open_volume(self.web, writable=True)
        self.queue = self.service.open_queue(16)
        self.addCleanup(self.service.close)

    def test_requests_are_submitted_and_reaped(self) -> None:
        writes = [Request.write(self.volume, bytes([i]) * 4096, i * 4096) for i in range(64)]
        left, done = list(writes), []
        while left or self.queue.in_flight:
            del left[:self.queue.submit(left)]
            done += self.queue.reap(min_wait=1)
        self.assertEqual({id(r) for r in done}, {id(r) for r in writes})
        self.assertEqual([r.error for r in done], [None] * 64)
        read = Request.read(self.volume, 64 * 4096, 0)
        self.queue.submit([read, Request.flush(self.volume)])
        self.assertEqual(len(self.queue.reap(min_wait=2)), 2)
        self.assertEqual(read.data, b"".join(bytes([i]) * 4096 for i in range(64)))

    def test_the_descriptor_is_readable_when_something_is_done(self) -> None:
        self.queue.submit([Request.write_zeroes(self.volume, 0, 4096)])
        self.assertEqual(select.select([self.queue], [], [], 30)[0], [self.queue])
        while not self.queue.reap():
            pass
        self.assertEqual(select.select([self.queue], [], [], 0)[0], [])

    def test_a_failed_request_has_its_error(self) -> None:
        self.queue.submit([Request.read(self.volume, 4096, SIZE)])
        (request,) = self.queue.reap(min_wait=1)
        self.assertEqual(request.error.errno, errno.EINVAL)

    def test_buffers_live_until_a_request_is_done(self) -> None:
        buffer = bytearray(4096)
        request = Request.readinto(self.volume, buffer, 0)
        with self.assertRaises(BufferError):
            buffer.extend(b"x")
        self.queue.submit([request])
        with self.assertRaises(ValueError):
            self.queue.submit([request])
        del request
        self.queue.reap(min_wait=1)
        buffer.extend(b"x")

    def test_a_volume_closes_after_the_requests_on_it(self) -> None:
        requests = [Request.write(self.volume, b"x" * 65536, i * 65536) for i in range(16)]
        self.queue.submit(requests)
        self.volume.close()
        self.assertEqual(self.queue.in_flight, 0)
        self.assertEqual([r.done for r in self.queue.reap(16)], [True] * 16)
        with self.assertRaises(ValueError):
            self.queue.submit([Request.flush(self.volume)])

    def test_nothing_comes_in_a_time(self) -> None:
        self.assertEqual(self.queue.reap(min_wait=1, timeout=0.01), [])


class InAsyncio(ServiceCase):
    def test_many_requests_are_awaited_through_a_small_queue(self) -> None:
        async def work() -> None:
            with self.service.open_volume(self.web, writable=True) as volume:
                async with self.service.open_async(4) as queue:
                    await asyncio.gather(*(queue.write(volume, bytes([i]) * 4096, i * 4096) for i in range(100)))
                    await queue.flush(volume)
                    parts = await asyncio.gather(*(queue.read(volume, 4096, i * 4096) for i in range(100)))
                    self.assertEqual(b"".join(parts), b"".join(bytes([i]) * 4096 for i in range(100)))
                    buffer = bytearray(4096)
                    await queue.readinto(volume, buffer, 4096)
                    self.assertEqual(buffer, b"\1" * 4096)
                    await queue.write_zeroes(volume, 0, 8192)
                    self.assertEqual(await queue.read(volume, 8192, 0), bytes(8192))
                    with self.assertRaises(OSError):
                        await queue.read(volume, 10, SIZE)

        asyncio.run(work())

    def test_a_cancelled_task_leaves_its_buffer_to_the_queue(self) -> None:
        async def work() -> None:
            with self.service.open_volume(self.web, writable=True) as volume:
                async with self.service.open_async() as queue:
                    tasks = [asyncio.ensure_future(queue.read(volume, 65536, i * 65536)) for i in range(8)]
                    await asyncio.sleep(0)
                    for t in tasks:
                        t.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
                    self.assertEqual(await queue.read(volume, 1, 0), b"\0")

        asyncio.run(work())

    def test_events_and_jobs_are_awaited(self) -> None:
        async def watch() -> list[replsvc.Event]:
            found = []
            async for event in self.service.events():
                found.append(event)
                if event.object_kind is replsvc.ObjectKind.JOB and event.value == replsvc.JobState.COMPLETED:
                    break
            return found

        async def work() -> None:
            watching = asyncio.ensure_future(watch())
            await asyncio.sleep(0)
            made = self.service.create_element_replica(replsvc.SyncType.CLONE, self.web, target_pool=self.pool)
            self.assertTrue(made.job)
            await made.job
            found = await asyncio.wait_for(watching, 60)
            self.assertIn(made.job, [e.object for e in found])
            self.assertEqual([e.sequence for e in found], list(range(1, len(found) + 1)))

        asyncio.run(work())

    def test_closing_the_service_ends_an_async_iteration(self) -> None:
        async def work() -> int:
            seen = 0

            async def watch() -> None:
                nonlocal seen
                async for _ in self.service.events():
                    seen += 1

            watching = asyncio.ensure_future(watch())
            await asyncio.sleep(0.01)
            await asyncio.to_thread(self.service.close)
            await asyncio.wait_for(watching, 30)
            return seen

        self.assertGreater(asyncio.run(work()), 0)


class Jobs(ServiceCase):
    def test_a_job_is_waited_for_and_tells_its_progress(self) -> None:
        made = self.service.create_element_replica(replsvc.SyncType.CLONE, self.web, target_pool=self.pool)
        seen = list(made.job.progress(0.01))
        self.assertIs(seen[-1].job_state, replsvc.JobState.COMPLETED)
        self.assertEqual(seen[-1].percent_complete, 100)
        made.job.wait()
        self.service.job(str(made.job)).wait(0)
        self.assertIn(made.job, self.service.job_list())
        with self.assertRaises(replsvc.InvalidStateTransition):
            made.job.suspend()

    def test_no_job_is_waited_for_at_once(self) -> None:
        made = self.snapshot()
        self.assertFalse(made.job)
        made.job.wait()
        self.assertEqual(list(made.job.progress()), [])
        with self.assertRaises(replsvc.InvalidParameter):
            self.service.job_wait("job-of-nobody")

    def test_waiting_for_a_job_that_rests_ends_in_time_out(self) -> None:
        big = self.service.element_register(self.image("big", 64 << 20, os.urandom(1 << 20) * 64), name="big")
        self.service.service_set_limit(bytes_per_second=1 << 20)
        made = self.service.create_element_replica(replsvc.SyncType.CLONE, big, target_pool=self.pool)
        with self.assertRaises(TimeoutError) as told:
            made.job.wait(0.01)
        self.assertIsInstance(told.exception, replsvc.TimedOut)
        self.service.service_set_limit()
        made.job.wait(60)


if __name__ == "__main__":
    main()
