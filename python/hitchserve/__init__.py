"""Real services for integration tests: started together, watched, sent through time, taken down."""

from hitchserve.hitch_dir import HitchDir
from hitchserve.hitch_exception import (BundleMisconfiguration, ControlError, HitchException,
                                        HitchServeException, HitchServiceException,
                                        ServiceMisconfiguration, ServiceStartupTimeoutException,
                                        ServiceSuddenStopException, UnknownService,
                                        WaitingForLogMessageTimeout)
from hitchserve.log_file import LogLine
from hitchserve.service import Service
from hitchserve.service_bundle import ServiceBundle, running_bundles
from hitchserve.service_logs import ServiceLogs, SubLog, Tail
from hitchserve.subcommand import Subcommand

__version__ = "0.1.0"

__all__ = [
    "BundleMisconfiguration", "ControlError", "HitchDir", "HitchException", "HitchServeException",
    "HitchServiceException", "LogLine", "Service", "ServiceBundle", "ServiceLogs",
    "ServiceMisconfiguration", "ServiceStartupTimeoutException", "ServiceSuddenStopException",
    "SubLog", "Subcommand", "Tail", "UnknownService", "WaitingForLogMessageTimeout",
    "running_bundles",
]
