# SPDX-License-Identifier: BSD-2-Clause
"""What is outside of the process: services of other processes, and libraries of other versions."""
import ctypes
import errno
import os
import subprocess
import sys

from support import PACKAGE, ServiceCase, main

import replsvc
from replsvc import abi


class Connected(ServiceCase):
    def setUp(self) -> None:
        super().setUp()
        try:
            self.service.service_listen(self.path("socket"))
        except replsvc.NotSupported as e:
            self.skipTest(str(e))

    def test_a_connected_service_answers_as_the_service_itself(self) -> None:
        with replsvc.Service.connect(self.path("socket")) as connected:
            self.assertEqual(connected.element_list(), [self.web])
            made = connected.create_element_replica(replsvc.SyncType.CLONE, self.web, target_pool=self.pool)
            made.job.wait(60)
            self.assertEqual(self.service.sync_list(), [made.synchronization])
            self.assertIn(made.synchronization, [e.object for e in connected.events(0.2)])
            with self.assertRaises(replsvc.InvalidParameter) as told:
                connected.element_get_info("elem-of-nobody")
            self.assertEqual(told.exception.parameter, "Element")
            with self.assertRaises(OSError) as io:
                connected.open_volume(self.web)
            self.assertEqual(io.exception.errno, errno.EOPNOTSUPP)
        self.assertFalse(self.service.closed)

    def test_another_process_connects(self) -> None:
        done = subprocess.run([sys.executable, "-m", "replsvc", "--connect", self.path("socket"), "element", "list"],
                              capture_output=True, text=True, env={**os.environ, "PYTHONPATH": PACKAGE}, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("web", done.stdout)

    def test_closing_the_service_ends_what_its_clients_wait_for(self) -> None:
        connected = replsvc.Service.connect(self.path("socket"))
        self.addCleanup(connected.close)
        self.service.close()
        with self.assertRaises(replsvc.Failed):
            connected.element_list()


class OtherVersions(ServiceCase):
    """The struct's size is the protocol: what the other side does not know is left alone."""

    def test_a_package_that_knows_fewer_fields_than_the_library_gets_those(self) -> None:
        class Older(ctypes.Structure):
            _fields_ = abi.replsvc_sync_info._fields_[:8]  # to `name`

        info, ref = Older(size=ctypes.sizeof(Older)), abi.replsvc_sync_ref(id=self.snapshot().synchronization.encode())
        with self.service.handle as pointer:
            code = self.raw("replsvc_sync_get_info")(
                pointer, ctypes.byref(ref), ctypes.byref(info))
        self.assertEqual(code, 0)
        self.assertEqual(info.id, ref.id)
        self.assertNotEqual(info.name, b"")

    def test_a_package_that_knows_more_fields_than_the_library_sees_them_zero(self) -> None:
        class Newer(abi.replsvc_element_info):
            _fields_ = [("later", ctypes.c_uint64 * 8)]

        info, ref = Newer(size=ctypes.sizeof(Newer)), abi.replsvc_element_ref(id=self.web.encode())
        with self.service.handle as pointer:
            code = self.raw("replsvc_element_get_info")(pointer, ctypes.byref(ref), ctypes.byref(info))
        self.assertEqual((code, info.name, list(info.later)), (0, b"web", [0] * 8))

    def raw(self, name: str) -> object:
        """A function without the types of this version."""
        function = ctypes.CDLL(os.environ["REPLSVC_LIBRARY"])[name]
        function.restype = ctypes.c_uint32
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        return function

    def test_a_function_that_the_library_lacks_is_not_supported(self) -> None:
        from replsvc import abi as declared

        declared.FUNCTIONS["replsvc_of_the_future"] = (ctypes.c_uint32, [])
        self.addCleanup(declared.FUNCTIONS.pop, "replsvc_of_the_future")
        self.assertFalse(replsvc.lib.has("replsvc_of_the_future"))
        with self.assertRaises(replsvc.NotSupported):
            replsvc.lib.replsvc_of_the_future()

    def test_a_library_that_is_not_there_is_named(self) -> None:
        done = subprocess.run([sys.executable, "-c", "import replsvc; replsvc.version()"], capture_output=True,
                              text=True, env={**os.environ, "PYTHONPATH": PACKAGE, "REPLSVC_LIBRARY": "/nowhere.so"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere.so", done.stderr)
        self.assertIn("REPLSVC_LIBRARY", done.stderr)


if __name__ == "__main__":
    main()
