"""What sensing keeps, a file for each piece; readings themselves lie in partitions made by a migration."""

from cityloom.sensing.models.alarms import (
    Alarm,
    AlarmEntry,
    Combination,
    Condition,
    MaintenanceWindow,
    RuleState,
    RuleTick,
)
from cityloom.sensing.models.bikes import Fence, FleetDay, Overflow, Vehicle
from cityloom.sensing.models.device_life import Calibration, KnownStreams, Replacement
from cityloom.sensing.models.readings import Archive, ExtraOfReading, LateReading, Offset, Problem, RollUp, Writer
from cityloom.sensing.models.registry import (
    Device,
    FeatureOfInterest,
    Location,
    PastLocation,
    PlaceOfDevice,
    Property,
    Sensor,
    Stream,
)
from cityloom.sensing.models.vital_signs import Feed, FeedHour, FeedSilence, FigureRow, VitalDay, VitalHour, VitalRun
from cityloom.sensing.models.warnings import Warning
from cityloom.sensing.models.watched import (
    FireChange,
    FirePlan,
    FirePoint,
    FireRead,
    FireSite,
    FireVerdict,
    FootfallDay,
)

__all__ = [
    "Alarm",
    "AlarmEntry",
    "Archive",
    "Calibration",
    "Combination",
    "Condition",
    "Device",
    "ExtraOfReading",
    "FeatureOfInterest",
    "Feed",
    "FeedHour",
    "FeedSilence",
    "Fence",
    "FigureRow",
    "FireChange",
    "FirePlan",
    "FirePoint",
    "FireRead",
    "FireSite",
    "FireVerdict",
    "FleetDay",
    "FootfallDay",
    "KnownStreams",
    "LateReading",
    "Location",
    "MaintenanceWindow",
    "Offset",
    "Overflow",
    "PastLocation",
    "PlaceOfDevice",
    "Problem",
    "Property",
    "Replacement",
    "RollUp",
    "RuleState",
    "RuleTick",
    "Sensor",
    "Stream",
    "Vehicle",
    "VitalDay",
    "VitalHour",
    "VitalRun",
    "Warning",
    "Writer",
]
