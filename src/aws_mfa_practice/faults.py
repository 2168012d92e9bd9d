"""
Faults on request: what can go wrong between a client and AWS, once or several times, for one action or any.

A fault that hides the answer (5xx, reset, a broken body) strikes after the request was processed: its code is
spent. Throttling and a captive portal stop the request before AWS processes it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aws_mfa_practice import refusals
from aws_mfa_practice.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

ANY = "*"


@dataclass(frozen=True)
class Fault:
    """How an answer is distorted, or what is refused; with `instead` the request is not processed at all."""

    name: str
    distort: Callable[[Answer], Answer] = lambda answer: answer
    refusal: refusals.Refusal | None = None
    instead: bool = False
    clock_skew_s: float = 0.0


NO_FAULT = Fault("none")


class Faults:
    """The faults waiting to happen, in the order they were added; at most one strikes a request."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Fault, int | None]] = []
        self._lock = threading.Lock()

    def add(self, action: str, fault: Fault, *, times: int | None = 1) -> None:
        """Apply `fault` to the next `times` requests for `action` (`ANY`: all actions; None: until cleared)."""
        with self._lock:
            self._waiting.append((action, fault, times))

    def clear(self) -> None:
        """Remove the faults that have not yet struck."""
        with self._lock:
            self._waiting.clear()

    def take(self, action: str | None) -> Fault | None:
        """The fault that strikes a request for `action` now."""
        with self._lock:
            for index, (wanted, fault, times) in enumerate(self._waiting):
                if wanted in (ANY, action):
                    if times is not None:
                        self._waiting[index : index + 1] = [(wanted, fault, times - 1)] if times > 1 else []
                    return fault
        return None


def internal_failure() -> Fault:
    """500 with AWS's body, after processing."""
    return Fault("internal failure", refusal=refusals.internal_failure())


def service_unavailable() -> Fault:
    """503 with AWS's body, after processing."""
    return Fault("service unavailable", refusal=refusals.service_unavailable())


def throttling() -> Fault:
    """400 `Rate exceeded`, before processing."""
    return Fault("throttling", refusal=refusals.throttled(), instead=True)


def reset() -> Fault:
    """The connection is reset (RST) after processing, before a byte of the answer."""
    return Fault("reset", lambda answer: replace(answer, delivery="reset"))


def slow(seconds: float) -> Fault:
    """The right answer, late."""
    return Fault("slow", lambda answer: replace(answer, delay_s=answer.delay_s + seconds))


def malformed_body() -> Fault:
    """200 with a body that is not well-formed XML."""
    return Fault("malformed body", lambda answer: Answer(200, answer.body.replace(b">", b"&", 2)))


def truncated_body() -> Fault:
    """The head promises the whole body, half of it comes, then the connection ends."""
    return Fault("truncated body", lambda answer: replace(answer, delivery="truncated"))


def empty_body() -> Fault:
    """200 and nothing else."""
    return Fault("empty body", lambda _: Answer(200, b""))


def captive_portal() -> Fault:
    """200 with the log-in page of some hotel; AWS never saw the request."""
    page = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Log in to use the network<br></body></html>"
    return Fault("captive portal", lambda _: Answer(200, page, content_type="text/html"), instead=True)


def skewed_clock(seconds: float) -> Fault:
    """The server's clock is ahead (or behind, when negative) for this request, its `Date` header included."""
    return Fault("skewed clock", clock_skew_s=seconds)
