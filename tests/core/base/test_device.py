"""Devices by name."""

from __future__ import annotations

import mmap

import pytest
import torch

from cxr_gui.core.base import device
from cxr_gui.core.base.errors import SettingsError


def test_auto_is_the_fastest_one_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert device.choose("auto").type == "cpu"
    assert device.available() == ("auto", "cpu")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert device.choose("auto").type == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.choose("auto").type == "cuda"
    assert device.available() == device.NAMES


def test_an_unknown_or_missing_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SettingsError, match="no device 'gpu'"):
        device.choose("gpu")
    with pytest.raises(SettingsError, match="no device 'cuda'") as refusal:
        device.choose("cuda")
    assert "cpu" in refusal.value.hint


def test_a_device_is_described_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert device.describe("cpu") == "CPU, 1 thread"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    assert device.describe("cpu") == "CPU, 8 threads"
    assert device.describe(torch.device("cpu")) == device.describe("cpu")


def test_the_memory_in_use_is_the_process_s(monkeypatch: pytest.MonkeyPatch) -> None:
    before = device.memory_used(torch.device("cpu"))
    with mmap.mmap(-1, 64 * 2**20) as held:  # fresh pages: an allocator may have old ones to give
        held.write(b"\1" * len(held))
        assert device.memory_used(torch.device("cpu")) - before > 0.9 * len(held)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 7)
    assert device.memory_used(torch.device("cuda")) == 7
