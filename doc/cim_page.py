#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes doc/cim-to-c.md: where each method, parameter, property and value map of CIM is found in the C API.
Methods, parameters and values are taken from the public headers, which a test holds to the schema; which
property is which field is said here. `cim_page.py --check` fails if the page is not what would be written.
Without it, what the Python package takes from the same headers is written too (clients/python/generate.py)."""
import os
import re
import subprocess
import sys

DOC = os.path.dirname(os.path.abspath(__file__))
INCLUDE = os.path.join(DOC, "..", "include", "replsvc")


def absent(reason, *properties):
    return {p: (None, reason) for p in properties}


# Properties: class, the struct that has them, and property → field. A field that is the property's name in
# snake case is written as "="; None: the property is not told, with the reason.
SYNC = "replsvc_sync_info"
PROPERTIES = [
    ("CIM_Synchronized", SYNC, {
        "SystemElement": "=", "SyncedElement": "=", "WhenSynced": "=", "SyncMaintained": "=",
        "CopyRecoveryMode": "=", "CopyState": "=", "FailedCopyStopsHostIO": "failed_copy_stops_host_io",
        "Mode": "=", "PercentSynced": "=", "ProgressStatus": "=", "RPO": "rpo_us", "RequestedCopyState": "=",
        "Skew": "=", "SyncType": "=", "WhenActivated": "=", "WhenDeactivated": "=", "WhenEstablished": "=",
        "WhenSuspended": "=", "WhenSynchronized": "="}),
    ("CIM_StorageSynchronized", SYNC, {
        "SystemElement": "=", "SyncedElement": "=", "CopyType": "=", "ReplicaType": "=", "SyncState": "=",
        "CopyMethodology": "=", "CopyPriority": "=", "ReadOnly": "=", "UndiscoveredElement": "="}),
    ("CIM_GroupSynchronized", SYNC, {
        "SystemElement": "=", "SyncedElement": "=", "RelationshipName": "name", "ConsistencyEnabled": "=",
        "ConsistencyType": "=", "ConsistencyState": "=", "ConsistencyStatus": "="}),
    ("CIM_ReplicationGroup", "replsvc_group_info", {
        "Persistent": "=", "DeleteOnEmptyElement": "=", "DeleteOnUnassociated": "=",
        "ConsistentPointInTime": "=", "ReservedAs": "=",
        "SupportedSyncTypes": (None, "the same for every group: replsvc_get_supported_replication_types()")}),
    ("CIM_SynchronizationAspect", "replsvc_aspect_info", {
        "SyncType": "=", "ConsistencyEnabled": "=", "ConsistencyType": "=", "CopyStatus": "=",
        "CopyMethodology": "=", "WhenPointInTime": "=", "SourceElement": "=", "AutoDelete": "=",
        "TimeBeforeRemoval": "time_before_removal_us", "SyncState": "="}),
    ("CIM_SettingsDefineState", "replsvc_settings_state_info", {"ManagedElement": "=", "SettingData": "="}),
    ("CIM_ConcreteJob", "replsvc_job_info", {
        "InstanceID": "id", "Name": "=", "JobState": "=", "TimeOfLastStateChange": "=",
        "TimeBeforeRemoval": "time_before_removal_us",
        "JobInParameters": (None, "parameters are not kept"), "JobOutParameters": (None, "parameters are not kept")}),
    ("CIM_Job", "replsvc_job_info", {
        "JobStatus": "=", "TimeSubmitted": "=", "StartTime": "=", "ElapsedTime": "elapsed_time_us",
        "Owner": "=", "Priority": "=", "PercentComplete": "=", "DeleteOnCompletion": "=", "ErrorCode": "=",
        "ErrorDescription": "=", **{p: (None, "jobs run once, at once") for p in (
            "ScheduledStartTime", "JobRunTimes", "RunMonth", "RunDay", "RunDayOfWeek", "RunStartInterval",
            "LocalOrUtcTime", "UntilTime")},
        "Notify": (None, "events.h"), "RecoveryAction": (None, "a job that was cut off goes on by itself"),
        "OtherRecoveryAction": (None, "a job that was cut off goes on by itself")}),
    ("CIM_ReplicationSettingData", "replsvc_replication_settings", {
        **{p: "=" for p in (
            "Pairing", "UnequalGroupsAction", "DesiredCopyMethodology", "TargetElementSupplier",
            "ThinProvisioningPolicy", "ConsistentPointInTime", "Multihop", "OnGroupOrListError",
            "CopyPriority", "CopyRecoveryMode", "DeltaUpdateBlocks", "UnequalListsAction", "ReadOnly",
            "StorageCompressionPolicy", "AutoDelete", "TargetElementGoal", "TargetElementResourcePool",
            "ConsistencyExempt", "ConsistentAsyncCopy", "MaximumSkew")},
        "FailedCopyStopsHostIO": "failed_copy_stops_host_io", "DeltaUpdateInterval": "delta_update_interval_us",
        "RRCHardwareCompressionEnabled": "rrc_hardware_compression_enabled",
        "RRCSoftwareCompressionEnabled": "rrc_software_compression_enabled",
        "TimeBeforeRemoval": "time_before_removal_us", "DesiredRPO": "desired_rpo_us"}),
    ("CIM_StorageVolume", "replsvc_element_info", {
        "Name": "id", "ThinlyProvisioned": "=", "CanDelete": "created_by_service",
        **absent("ids are the service's own", "NameFormat", "NameNamespace"),
        **absent("of mainframe and array volumes", "CUImage", "EmulatedDevice", "SubsystemID"),
        **absent("images have one use", "ClientSettableUsage", "Usage", "OtherUsageDescription"),
        **absent("nothing is tiered or migrated", "ExtentType", "NumExtentsMigrating", "RelativePerformanceOrder",
                 "RelativePerformanceOrderSet", "StorageTieringSelection")}),
    ("CIM_StorageExtent", "replsvc_element_info", {
        "BlockSize": "=", "NumberOfBlocks": "=", "ConsumableBlocks": "number_of_blocks", "Access": "read_only",
        "Name": "id",
        **absent("ids are the service's own", "NameFormat", "NameNamespace", "OtherNameNamespace",
                 "OtherNameFormat"),
        **absent("images have one use", "ClientSettableUsage", "Usage", "OtherUsageDescription", "Purpose"),
        **absent("how the medium is made is below the service", "DataOrganization", "ErrorMethodology",
                 "IsBasedOnUnderlyingRedundancy", "NoSinglePointOfFailure", "DataRedundancy", "PackageRedundancy",
                 "ExtentDiscriminator", "ExtentInterleaveDepth", "ExtentStripeLength", "IsComposite",
                 "IsConcatenated"),
        **absent("always FALSE", "SequentialAccess", "Primordial", "IsCompressed"),
        **absent("nothing is compressed", "CompressionRate", "CompressionState"),
        "ExtentStatus": (None, "a relationship's CopyState and the errors of I/O tell"),
        "DeltaReservation": (None, "snapshots take their space from the pool as they need it")}),
    ("CIM_StoragePool", "replsvc_pool_info", {
        "InstanceID": "id", "PoolID": "name", "TotalManagedSpace": "=", "RemainingManagedSpace": "=",
        "SpaceLimit": "=",
        **absent("always FALSE", "Primordial"), **absent("always TRUE", "ElementsShareSpace"),
        **absent("nothing is migrated", "CapacityInMigratingSource", "CapacityInMigratingTarget"),
        **absent("pools have one use", "ClientSettableUsage", "Usage", "OtherUsageDescription"),
        **absent("nothing is reserved", "ReservedSpace", "ThinProvisionMetaDataSpace"),
        "SpaceLimitDetermination": (None, "whoever registers the pool gives the limit"),
        "LowSpaceWarningThreshold": (None, "a client compares RemainingManagedSpace with a threshold of its own")}),
    ("CIM_ReplicationEntity", "replsvc_entity_info", {
        "InstanceID": "id", "Type": "=", "EntityID": "entity_id", "OtherTypeDescription": "=", "Persistent": "=",
        "Element": "="}),
    ("CIM_RemoteReplicationCollection", "replsvc_collection_info", {
        "ElementName": "name", "Active": "=", "DeleteOnUnassociated": "=",
        "HardwareCompressionEnabled": (None, "nothing is compressed"),
        "SoftwareCompressionEnabled": (None, "nothing is compressed")}),
    ("CIM_ReplicationServiceCapabilities", None, {
        "SupportedReplicationTypes": "replsvc_get_supported_replication_types()",
        "SupportedStorageObjects": "replsvc_get_supported_storage_objects()",
        "SupportedAsynchronousActions": "replsvc_get_supported_asynchronous_actions()",
        "SupportedSynchronousActions": "replsvc_get_supported_synchronous_actions()"}),
    ("CIM_Error", None, {p: "in the text that replsvc_job_get_error() gives" for p in (
        "ErrorType", "OwningEntity", "MessageID", "Message", "MessageArguments", "PerceivedSeverity",
        "ProbableCause", "ProbableCauseDescription", "RecommendedActions", "ErrorSource", "ErrorSourceFormat",
        "CIMStatusCode", "CIMStatusCodeDescription")} | absent(
            "the values of ErrorType and ErrorSourceFormat suffice", "OtherErrorType", "OtherErrorSourceFormat")),
]


def header(name):
    with open(os.path.join(INCLUDE, name), encoding="utf-8") as f:
        return f.read()


def snake(name):
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


def camel(name):
    special = {"io": "IO", "rpo": "RPO"}
    return "".join(special.get(w, w.capitalize()) for w in name.split("_"))


def methods(name):
    for comment, function, parameters in re.findall(
            r"/\*\*((?:(?!\*/).)*)\*/\s*REPLSVC_API uint32_t (replsvc_\w+)\(([^;]*)\);", header(name), re.S):
        comment = re.sub(r"\s*\n \* *", " ", comment)
        mirrored = re.search(r"Mirrors (\w+)\.(\w+)\.", comment)
        if not mirrored:
            continue
        yield mirrored[2], function, comment, [re.sub(r"\s+", " ", p.strip()) for p in parameters.split(",")][1:]


def method_lines(name):
    for method, function, comment, parameters in methods(name):
        later = " with later parameters" if function.endswith("_ex") else ""
        yield f"### {method}{later}\n\n`{function}()`: {comment.strip().split('. ')[0].rstrip('.')}.\n"
        yield "| CIM parameter | C parameter | direction |\n|---|---|---|"
        rest = list(parameters)
        while rest:
            c = rest.pop(0)
            c_name = re.search(r"(\w+)(\[\])?$", c)[1]
            shown = f"`{c}`"
            if rest and re.search(rf"\bn_{c_name}$", rest[0]):
                shown += f", `{rest.pop(0)}`"
            direction = re.search(rf"@param\[([a-z,]+)\] {c_name}\b", comment)[1].replace(",", ", ")
            yield f"| {camel(c_name)} | {shown} | {direction} |"
        yield ""


def property_lines():
    fields = {m[1]: m[0] for m in re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);",
                                             header("cim.h") + header("service.h"), re.S)}
    for cls, struct, properties in PROPERTIES:
        yield f"### {cls}" + (f"\n\nIn `{struct}`.\n" if struct else "\n")
        yield "| property | where |\n|---|---|"
        for name, field in properties.items():
            if isinstance(field, tuple):
                yield f"| {name} | not told: {field[1]} |"
                continue
            field = snake(name) if field == "=" else field
            if struct and not re.search(rf"\b{field}\b", fields[struct]):
                sys.exit(f"{struct} has no {field} ({cls}.{name})")
            yield f"| {name} | " + (f"`{field}` |" if struct else f"{field} |")
        yield ""


def value_lines():
    text = re.sub(r"\n \* ", " ", header("enums.h"))
    yield "| values of | enum |\n|---|---|"
    for key, tag in re.findall(r"/\*\* Values of ([\w.]+?)\.\s*\*/\s*enum (\w+) ", text):
        yield f"| {key} | `enum {tag}` |"


def page():
    return "\n".join([
        "# From CIM to C\n",
        "Where each method, parameter, property and value map of the CIM schema 2.49 is found in the C API.",
        "Written by `doc/cim_page.py` from the public headers, which a test holds to the schema's tables.",
        "Whether a method is served: `replsvc capabilities`, or the header's note on the function.\n",
        "Types: a reference is a `replsvc_…_ref`, an array a pointer and its length, an optional boolean a",
        "`replsvc_opt_bool`, a datetime an `int64_t` of microseconds, an embedded instance a string. Absent is",
        "zero, NULL or \"\".\n",
        "## Methods of CIM_ReplicationService\n", *method_lines("methods.h"),
        "## Methods of CIM_ReplicationServiceCapabilities\n", *method_lines("capabilities.h"),
        "## Methods of CIM_ConcreteJob and CIM_Job\n",
        "| method | function |\n|---|---|",
        "| RequestStateChange | `replsvc_job_request_state_change()` |",
        "| GetError | `replsvc_job_get_error()` |", "| GetErrors | `replsvc_job_get_errors()` |",
        "| KillJob | `replsvc_job_kill()` |\n",
        "## Properties\n",
        "All properties of these classes; what is not told says why.\n",
        *property_lines(), "## Value maps\n", *value_lines(), ""])


def main():
    path = os.path.join(DOC, "cim-to-c.md")
    text = page()
    if "--check" in sys.argv:
        with open(path, encoding="utf-8") as f:
            if f.read() != text:
                sys.exit("doc/cim-to-c.md is not what the headers say: run doc/cim_page.py")
        return
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    subprocess.run([sys.executable, os.path.join(DOC, "..", "clients", "python", "generate.py")], check=True)


if __name__ == "__main__":
    main()
