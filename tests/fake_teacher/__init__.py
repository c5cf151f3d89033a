"""An OpenAI-compatible loopback teacher: the one boundary that the tests fake is the HTTP wire.

`TeacherScript` says what it does: a replier (reply.py, repliers.py, traces.py), a wire style
(wire.py), a fault schedule (faults.py). `FakeTeacher` runs it on a thread, `FakeTeacherProcess` in
a process of its own (teacher.py); `records()` tells what it saw (record.py).
"""

from tests.fake_teacher.faults import (
    Call,
    Fault,
    FaultKind,
    FaultsByNumber,
    FaultsByRate,
    FaultsByText,
    FaultSchedule,
    FaultsInRange,
    FirstFault,
    RefusedFields,
    hostile_faults,
    no_faults,
    thinking_needs_stream,
)
from tests.fake_teacher.record import RequestRecord, count_paid_twice, read_request_log
from tests.fake_teacher.repliers import FixedReplier, arithmetic_replier, echo_replier
from tests.fake_teacher.reply import Body, Replier, Reply, Usage, last_user_text, request_key
from tests.fake_teacher.server import Outage, TeacherScript
from tests.fake_teacher.teacher import FakeTeacher, FakeTeacherProcess, reserve_port
from tests.fake_teacher.traces import RealTrace, TraceReplier, load_real_traces, shared_data
from tests.fake_teacher.wire import ThoughtWire, UsageForm, WireStyle

__all__ = [
    "Body",
    "Call",
    "FakeTeacher",
    "FakeTeacherProcess",
    "Fault",
    "FaultKind",
    "FaultSchedule",
    "FaultsByNumber",
    "FaultsByRate",
    "FaultsByText",
    "FaultsInRange",
    "FirstFault",
    "FixedReplier",
    "Outage",
    "RealTrace",
    "RefusedFields",
    "Replier",
    "Reply",
    "RequestRecord",
    "TeacherScript",
    "ThoughtWire",
    "TraceReplier",
    "Usage",
    "UsageForm",
    "WireStyle",
    "arithmetic_replier",
    "count_paid_twice",
    "echo_replier",
    "hostile_faults",
    "last_user_text",
    "load_real_traces",
    "no_faults",
    "read_request_log",
    "request_key",
    "reserve_port",
    "shared_data",
    "thinking_needs_stream",
]
