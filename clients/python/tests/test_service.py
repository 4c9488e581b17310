# SPDX-License-Identifier: BSD-2-Clause
"""The service: opening and closing, errors, values in and out, records, callbacks, wrong use."""
import dataclasses
import gc
import logging
import os
import subprocess
import sys
import threading
import warnings

from support import Case, ServiceCase, main

import replsvc
from replsvc.handle import collect


class Opening(Case):
    def test_a_service_closes_with_its_with_statement_and_opens_again(self) -> None:
        for _ in range(2):
            with replsvc.Service(self.path("state")) as service:
                self.assertFalse(service.closed)
                self.assertEqual(service.element_list(), [])
            self.assertTrue(service.closed)
            service.close()

    def test_a_second_opener_is_told_in_use(self) -> None:
        with replsvc.Service(self.path("state")):
            with self.assertRaises(replsvc.InUse) as told:
                replsvc.Service(self.path("state"))
        self.assertEqual(told.exception.code, replsvc.ReturnCode.IN_USE)
        self.assertEqual(told.exception.function, "replsvc_service_open")

    def test_must_exist_refuses_a_directory_that_is_not_there(self) -> None:
        with self.assertRaises(replsvc.Error):
            replsvc.Service(self.path("nothing"), must_exist=True)
        self.assertFalse(os.path.exists(self.path("nothing")))

    def test_a_path_object_and_bytes_that_are_no_utf8_name_a_directory(self) -> None:
        name = os.fsdecode(os.fsencode(self.dir) + b"/st\xffate")
        with replsvc.Service(name):
            self.assertTrue(os.path.isdir(name))

    def test_options_reach_the_library(self) -> None:
        options = replsvc.ServiceOptions(region_size=4096 + 1)
        with self.assertRaises(replsvc.InvalidParameter) as told:
            replsvc.Service(self.path("state"), options)
        self.assertIn("region", str(told.exception))

    def test_a_closed_service_raises_closed_which_is_a_value_error(self) -> None:
        service = replsvc.Service(self.path("state"))
        service.close()
        with self.assertRaises(replsvc.Closed):
            service.element_list()
        with self.assertRaises(ValueError):
            service.event_next(0)

    def test_garbage_is_closed_by_the_next_call_with_a_warning(self) -> None:
        service = replsvc.Service(self.path("state"))
        volume = service.open_volume(service.element_register(self.image("a")))
        service.self = service  # a cycle with the volume in it
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", ResourceWarning)
            del service, volume
            gc.collect()
        self.assertEqual({w.category for w in told}, {ResourceWarning})
        collect()
        with replsvc.Service(self.path("state")) as service:
            self.assertEqual(len(service.element_list()), 1)

    def test_the_end_of_the_interpreter_closes_what_is_open(self) -> None:
        program = (f"import sys; sys.path.insert(0, {sys.path[0]!r}); sys.path.insert(0, {os.path.dirname(__file__)!r})\n"
                   "import support, replsvc, logging\n"
                   f"s = replsvc.Service({self.path('state')!r}, log=print)\n"
                   f"v = s.open_volume(s.element_register({self.image('a')!r}), writable=True)\n"
                   "v.pwrite(b'x', 0)\nprint('end')\n")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("end", done.stdout)

    def test_after_fork_the_child_can_use_nothing_and_the_parent_everything(self) -> None:
        service = replsvc.Service(self.path("state"))
        volume = service.open_volume(service.element_register(self.image("a")))
        child = os.fork()
        if child == 0:
            result = 1
            try:
                service.element_list()
            except replsvc.Closed:
                try:
                    volume.pread(1, 0)
                except replsvc.Closed:
                    volume.close()
                    service.close()
                    result = 0
            os._exit(result)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertEqual(volume.pread(1, 0), b"\0")
        volume.close()
        service.close()

    def test_connecting_to_nobody_is_an_error(self) -> None:
        with self.assertRaises(replsvc.Error):
            replsvc.Service.connect(self.path("socket"))


class Calls(ServiceCase):
    def test_an_error_carries_code_errno_message_id_parameter_and_message(self) -> None:
        with self.assertRaises(replsvc.InvalidParameter) as told:
            self.service.element_get_info("elem-of-nobody")
        error = told.exception
        self.assertIsInstance(error, (replsvc.Error, ValueError))
        self.assertEqual(error.code, replsvc.ReturnCode.INVALID_PARAMETER)
        self.assertEqual(error.parameter, "Element")
        self.assertRegex(error.message_id, r"^RSVC\d+$")
        self.assertIn("elem-of-nobody", error.message)
        self.assertEqual(error.function, "replsvc_element_get_info")

    def test_each_thread_sees_its_own_error(self) -> None:
        seen = {}

        def fail(name: str) -> None:
            for _ in range(200):
                try:
                    self.service.element_find(name)
                except replsvc.InvalidParameter as e:
                    seen[name] = name in e.message and seen.get(name, True)

        threads = [threading.Thread(target=fail, args=(f"name-{i}",)) for i in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(set(seen.values()), {True})
        self.assertEqual(len(seen), 4)

    def test_references_are_texts_of_a_class(self) -> None:
        self.assertIsInstance(self.web, replsvc.ElementRef)
        self.assertIsInstance(self.web, str)
        self.assertEqual(self.service.element_find("web"), self.web)
        self.assertEqual(self.service.element_list(), [self.web])
        self.assertEqual(self.service.element_get_info(str(self.web)).name, "web")

    def test_a_reference_to_something_else_is_refused(self) -> None:
        with self.assertRaises(TypeError):
            self.service.element_get_info(self.pool)
        with self.assertRaises(TypeError):
            self.service.create_group(members=[self.web, self.pool])
        with self.assertRaises(TypeError):
            self.service.create_group(members=self.web)

    def test_values_that_c_would_cut_are_refused(self) -> None:
        with self.assertRaises(ValueError):
            self.service.create_element_replica(65536 + 8, self.web, target_pool=self.pool)
        with self.assertRaises(ValueError):
            self.service.element_create(2**64 + 4096, pool=self.pool)
        with self.assertRaises(ValueError):
            self.service.element_find("a\0b")
        with self.assertRaises(ValueError):
            self.service.element_get_info("x" * 64)
        with self.assertRaises(TypeError):
            self.service.element_create("4096", pool=self.pool)
        with self.assertRaises(TypeError):
            self.service.element_create(4096, self.pool)
        self.assertEqual(self.service.element_list(), [self.web])

    def test_groups_take_lists_and_optional_booleans(self) -> None:
        db = self.service.element_create(1 << 20, name="db", pool=self.pool)
        group = self.service.create_group(group_name="shop", members=(e for e in (self.web, db)), persistent=True,
                                          delete_on_empty_element=False)
        self.assertEqual(self.service.group_get_members(group), [self.web, db])
        info = self.service.group_get_info(group)
        self.assertEqual((info.name, info.member_count, info.persistent), ("shop", 2, True))
        self.assertFalse(info.delete_on_empty_element)
        with self.assertRaises(replsvc.InvalidParameter):
            self.service.create_group(group_name="shop")
        self.service.remove_members([db], group)
        with self.assertRaises(replsvc.MethodFailed) as told:
            self.service.remove_members([db], group)
        self.assertEqual(told.exception.code, replsvc.ReturnCode.MEMBERS_NOT_A_MEMBER)

    def test_infos_are_records_with_enums(self) -> None:
        made = self.clone()
        info = self.service.sync_get_info(made.synchronization)
        self.assertIs(info.copy_state, replsvc.CopyState.SYNCHRONIZED)
        self.assertIs(info.sync_type, replsvc.SyncType.CLONE)
        self.assertEqual(info.percent_synced, 100)
        self.assertEqual((info.system_element, info.synced_element), (self.web, made.target_element))
        self.assertEqual(info.as_dict()["copy_state"], "synchronized")
        with self.assertRaises(dataclasses.FrozenInstanceError):
            info.copy_state = replsvc.CopyState.BROKEN

    def test_several_results_are_a_tuple_with_names(self) -> None:
        kind = self.service.convert_replication_type_to_sync_type(replsvc.ReplicationType.SYNCHRONOUS_MIRROR_LOCAL)
        self.assertEqual(kind.sync_type, replsvc.SyncType.MIRROR)
        self.assertEqual(tuple(kind), (6, 2, 2))
        states = self.service.get_supported_copy_states(replsvc.ReplicationType.SYNCHRONOUS_CLONE_LOCAL)
        self.assertIn(replsvc.CopyState.SYNCHRONIZED, states.supported_copy_states)
        self.assertEqual({type(v) for v in states.host_accessible}, {bool})
        self.assertEqual(len(states.host_accessible), len(states.supported_copy_states))

    def test_lists_of_texts_come_out(self) -> None:
        self.clone()
        (instance,) = self.service.get_replication_relationship_instances().synchronizations
        self.assertIn("CIM_StorageSynchronized", instance)

    def test_an_unknown_enum_value_is_no_error(self) -> None:
        self.assertEqual(replsvc.CopyState(99).name, "VALUE_99")
        self.assertIs(replsvc.CopyState(99), replsvc.CopyState(99))
        self.assertEqual(replsvc.CopyState(0).name, "ABSENT")
        self.assertFalse(replsvc.CopyState(0))
        with self.assertRaises(ValueError):
            replsvc.CopyState(-1)

    def test_closing_waits_for_calls_of_other_threads_and_ends_their_waiting(self) -> None:
        waiting = threading.Event()
        ended = []

        def wait() -> None:
            waiting.set()
            try:
                for _ in self.service.events():
                    pass
                ended.append("end")
            except replsvc.Error as e:
                ended.append(repr(e))

        thread = threading.Thread(target=wait)
        thread.start()
        waiting.wait()
        self.service.close()
        thread.join(30)
        self.assertEqual(ended, ["end"])

    def test_volumes_are_closed_before_their_service(self) -> None:
        volume = self.service.open_volume(self.web, writable=True)
        volume.pwrite(b"data", 0)
        self.service.close()
        self.assertTrue(volume.closed)
        with self.assertRaises(ValueError):
            volume.pread(4, 0)


class Settings(ServiceCase):
    def test_settings_go_as_record_mapping_and_text(self) -> None:
        record = replsvc.ReplicationSettings(copy_priority=replsvc.CopyPriority.LOW,
                                             consistent_point_in_time=True)
        text = replsvc.replication_settings_format(record, replsvc.Encoding.MOF)
        for number, settings in enumerate((record, {"CopyPriority": 1, "ConsistentPointInTime": True},
                                           {"copy_priority": replsvc.CopyPriority.LOW}, text)):
            made = self.service.create_element_replica(replsvc.SyncType.CLONE, self.web, target_pool=self.pool,
                                                       element_name=f"copy{number}", replication_setting_data=settings)
            made.job.wait(60)
            info = self.service.sync_get_info(made.synchronization)
            self.assertIs(info.copy_priority, replsvc.CopyPriority.LOW)

    def test_every_property_survives_both_encodings(self) -> None:
        record = replsvc.ReplicationSettings()
        self.assertEqual({f.default for f in dataclasses.fields(record)} - {0}, {None})
        full = replsvc.ReplicationSettings(
            pairing=replsvc.Pairing.EXACT_ORDER, copy_priority=replsvc.CopyPriority.NOT_MANAGED, auto_delete=False,
            failed_copy_stops_host_io=True, desired_rpo_us=5_000_000, maximum_skew=1 << 40)
        for encoding in replsvc.Encoding:
            text = replsvc.replication_settings_format(full, encoding)
            self.assertEqual(replsvc.replication_settings_parse(text), full)

    def test_an_unknown_property_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            self.service.create_group(replication_setting_data={"NoSuchProperty": 1})
        with self.assertRaises(replsvc.InvalidParameter):
            self.service.create_group(replication_setting_data="instance of nothing")


class Waits(ServiceCase):
    def test_a_wait_for_a_copy_state_ends_in_it_or_says_why_not(self) -> None:
        clone = self.service.create_element_replica(replsvc.SyncType.CLONE, self.web, target_pool=self.pool)
        info = self.service.sync_wait(clone.synchronization)
        self.assertEqual(info.copy_state, replsvc.CopyState.SYNCHRONIZED)
        with self.assertRaises(replsvc.TimedOut) as told:
            self.service.sync_wait(clone.synchronization, replsvc.CopyState.SPLIT, 0)
        self.assertEqual(told.exception.code, 3)
        self.assertIn("SYNCHRONIZED, not SPLIT", str(told.exception))
        with self.assertRaises(replsvc.InvalidParameter):
            self.service.sync_wait("sync-none")


class Callbacks(Case):
    def test_the_log_goes_to_a_function_or_a_logger(self) -> None:
        lines = []
        options = replsvc.ServiceOptions(log_level=replsvc.LogLevel.DEBUG)
        with replsvc.Service(self.path("one"), options, log=lambda level, line: lines.append((level, line))):
            pass
        self.assertTrue(all(isinstance(level, replsvc.LogLevel) for level, _ in lines))
        with self.assertLogs("storage", logging.DEBUG) as told:
            logging.getLogger("storage").debug("begin")
            logging.getLogger("storage").setLevel(logging.DEBUG)
            with replsvc.Service(self.path("two"), log=logging.getLogger("storage")):
                pass
        self.assertEqual(len(told.records) - 1, len(lines))

    def test_the_log_comes_in_fields(self) -> None:
        records, lines = [], []
        options = replsvc.ServiceOptions(log_level=replsvc.LogLevel.DEBUG)
        with replsvc.Service(self.path("state"), options, log=lambda level, line: lines.append((level, line)),
                             log_record=records.append):
            pass
        self.assertTrue(lines)
        self.assertEqual([(r.level, r.message) for r in records], lines)
        self.assertTrue(all(r.time > 0 for r in records))

    def test_the_quiesce_hook_freezes_and_thaws_and_its_exception_is_a_failure(self) -> None:
        phases = []

        def quiesce(phase: replsvc.QuiescePhase, elements: list[replsvc.ElementRef]) -> None:
            phases.append((phase, elements))
            if len(phases) > 2 and phase is replsvc.QuiescePhase.FREEZE:
                raise OSError("the data base does not answer")

        os.mkdir(self.path("pool"))
        told = []
        hook, sys.unraisablehook = sys.unraisablehook, told.append
        self.addCleanup(setattr, sys, "unraisablehook", hook)
        with replsvc.Service(self.path("state"), quiesce=quiesce) as service:
            pool = service.pool_register(f"file:{self.path('pool')}")
            web = service.element_register(self.image("web"))
            first = service.create_element_replica(replsvc.SyncType.SNAPSHOT, web, target_pool=pool)
            self.assertEqual(phases, [(replsvc.QuiescePhase.FREEZE, [web]), (replsvc.QuiescePhase.THAW, [web])])
            self.assertEqual(service.sync_get_info(first.synchronization).quiesce_result, 1)
            self.assertEqual(told, [])
            second = service.create_element_replica(replsvc.SyncType.SNAPSHOT, web, target_pool=pool)
            self.assertEqual(service.sync_get_info(second.synchronization).quiesce_result, 2)
        self.assertEqual([str(t.exc_value) for t in told], ["the data base does not answer"])


class Statistics(ServiceCase):
    def test_counters_are_records_with_histograms(self) -> None:
        try:
            before = self.service.element_get_statistics(self.web)
        except replsvc.NotSupported as e:
            self.skipTest(str(e))
        with self.service.open_volume(self.web, writable=True) as volume:
            for i in range(10):
                volume.pwrite(b"x" * 4096, i * 4096)
        after = self.service.element_get_statistics(self.web)
        self.assertEqual((after.writes - before.writes, after.bytes_written - before.bytes_written), (10, 40960))
        self.assertEqual(len(after.write_latency.bucket), replsvc.abi.REPLSVC_HISTOGRAM_BUCKETS)
        self.assertEqual(self.service.service_get_statistics().elements, 1)
        self.assertIsInstance(after.as_dict()["write_latency"]["bucket"], list)


if __name__ == "__main__":
    main()
