"""The stored case: tables, keys and indexes. Rows are written by `keeping.py` only; `values.py` has their meaning."""

from cityloom.cases.models.audit import AuditExport, AuditNote, AuditSample, Root, RootLeaf
from cityloom.cases.models.callbacks import CallbackLink
from cityloom.cases.models.case import (
    Case,
    Entry,
    Original,
    Photo,
    Precedent,
    Report,
    Reporter,
    ReporterRead,
    Request,
    RunningClock,
    Task,
)
from cityloom.cases.models.columns import Kept
from cityloom.cases.models.handovers import Handover
from cityloom.cases.models.map_counts import CellCount, CellDelta, Counted
from cityloom.cases.models.orders import Order, OrderEntry
from cityloom.cases.models.people import GoneFile, LegalHold, RelayMessage, RightsRequest
from cityloom.cases.models.registers import Register, RegisterCheck, RegisterRead, RegisterRecord
from cityloom.cases.models.street import FieldSending, Patrol, PatrolPoint, PatrolRead
from cityloom.cases.models.trained import ModelUse, TrainedModel

__all__ = [
    "AuditExport",
    "AuditNote",
    "AuditSample",
    "CallbackLink",
    "Case",
    "CellCount",
    "CellDelta",
    "Counted",
    "Entry",
    "FieldSending",
    "GoneFile",
    "Handover",
    "Kept",
    "LegalHold",
    "ModelUse",
    "Order",
    "OrderEntry",
    "Original",
    "Patrol",
    "PatrolPoint",
    "PatrolRead",
    "Photo",
    "Precedent",
    "Register",
    "RegisterCheck",
    "RegisterRead",
    "RegisterRecord",
    "RelayMessage",
    "Report",
    "Reporter",
    "ReporterRead",
    "Request",
    "RightsRequest",
    "Root",
    "RootLeaf",
    "RunningClock",
    "Task",
    "TrainedModel",
]
