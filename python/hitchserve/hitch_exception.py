"""What can go wrong, by name."""

from __future__ import annotations

from typing import Optional


class HitchException(Exception):
    """Anything that this package raises."""


class HitchServeException(HitchException):
    """A bundle could not do what was asked of it."""


class HitchServiceException(HitchServeException):
    """One service could not."""


class ServiceStartupTimeoutException(HitchServeException):
    """Something was not ready in time. The message says what it was doing."""


class ServiceSuddenStopException(HitchServeException):
    """A service ended unasked. The message has its last lines."""


class ServiceMisconfiguration(HitchServeException):
    """A service was described in a way that cannot be right."""


class BundleMisconfiguration(HitchServeException):
    """A bundle was."""


class WaitingForLogMessageTimeout(HitchServeException):
    """No line came that was waited for."""


class UnknownService(BundleMisconfiguration, KeyError, IndexError):
    """The bundle has no service of that name."""

    def __str__(self) -> str:  # KeyError would show it in quotes
        return str(self.args[0]) if self.args else ""


class ControlError(HitchServeException):
    """What hitch answered to a request that failed.

    kind is "usage", "timeout", "environment", "not_found", "not_runnable" or "interrupted".
    """

    def __init__(self, message: str, kind: str = "environment", hint: Optional[str] = None) -> None:
        super().__init__(f"{message} ({hint})" if hint else message)
        self.message = message
        self.kind = kind
        self.hint = hint
