"""Codes are those of RFC 6238, and each is good once, one window early or late."""

from __future__ import annotations

import base64

import pytest

from aws_mfa_practice import PracticeClock
from aws_mfa_practice.totp import Device, code_of, window_of

RFC_SEED = b"12345678901234567890"


@pytest.fixture
def clock() -> PracticeClock:
    return PracticeClock(1_800_000_000.0)


@pytest.fixture
def device(clock: PracticeClock) -> Device:
    return Device("arn:aws:iam::123456789012:mfa/ann", clock, clock())


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_the_vectors_of_rfc_6238(moment: int, code: str) -> None:
    """Appendix B, SHA-1, the last six of its eight digits."""
    assert code_of(RFC_SEED, window_of(moment)) == code


def test_the_device_shows_the_code_of_its_clock_or_of_the_moment_asked(device: Device, clock: PracticeClock) -> None:
    assert device.code() == device.code(at=clock())
    assert device.code(at=clock() + 30) == code_of(device.seed, window_of(clock()) + 1)


def test_the_seed_is_what_an_authenticator_app_takes(device: Device) -> None:
    assert base64.b32decode(device.base32_seed) == device.seed


@pytest.mark.parametrize("off_s", [-30, 0, 30])
def test_a_code_is_accepted_one_window_early_or_late_and_once(device: Device, clock: PracticeClock, off_s: int) -> None:
    code = device.code(at=clock() + off_s)
    assert device.accept(code, clock())
    assert not device.accept(code, clock())


@pytest.mark.parametrize("off_s", [-60, 60])
def test_a_code_two_windows_off_is_refused(device: Device, clock: PracticeClock, off_s: int) -> None:
    assert not device.accept(device.code(at=clock() + off_s), clock())


def test_window_edges_are_whole_half_minutes() -> None:
    assert [window_of(moment) for moment in (0, 29.999, 30, 59.999, 60)] == [0, 0, 1, 1, 2]


def test_three_unused_codes_exist_at_any_moment(device: Device, clock: PracticeClock) -> None:
    codes = []
    for _ in range(3):
        codes.append(device.unused_code())
        assert device.accept(codes[-1], clock())
    with pytest.raises(LookupError, match="move the clock by 30 s"):
        device.unused_code()
    clock.advance(30)
    assert device.accept(device.unused_code(), clock())
