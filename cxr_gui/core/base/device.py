"""Where the arithmetic happens: the processor or an accelerator, by name and in words."""

from __future__ import annotations

import psutil
import torch

from cxr_gui.core.base.errors import SettingsError

NAMES = ("auto", "cpu", "cuda", "mps")


def available() -> tuple[str, ...]:
    """The names that `choose` accepts on this machine, "auto" first."""
    return tuple(name for name in NAMES if name in ("auto", "cpu") or _present(name))


def choose(name: str = "auto") -> torch.device:
    """The device called `name`; "auto" is the fastest one here.

    Raises SettingsError for an unknown name or a device this machine does not have.
    """
    if name not in NAMES:
        raise SettingsError(f"There is no device '{name}'.", hint=f"Known are: {', '.join(NAMES)}.")
    if name == "auto":
        name = next((fast for fast in ("cuda", "mps") if _present(fast)), "cpu")
    if name != "cpu" and not _present(name):
        raise SettingsError(
            f"This machine has no device '{name}', or PyTorch was installed without it.",
            hint=f"Available are: {', '.join(available())}.",
        )
    return torch.device(name)


def describe(device: str | torch.device) -> str:
    """A device in a few words for people, with its memory where it has its own."""
    kind = choose(device) if isinstance(device, str) else device
    if kind.type == "cuda":
        found = torch.cuda.get_device_properties(kind)
        return f"{found.name}, {found.total_memory / 2**30:.0f} GiB"
    if kind.type == "mps":
        return "Apple GPU"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"


def between_looks(device: torch.device, seldom: int) -> int:
    """After how many steps a loop asks its device which images are done: 1 on the CPU, else `seldom`.

    On the CPU the answer is there at once, and an image less is time saved. An accelerator has to be waited
    for and then idles until it is given the next step; going on with a few images in vain costs it less.
    """
    return 1 if device.type == "cpu" else seldom


def finest(device: torch.device) -> torch.dtype:
    """The most precise numbers that a device computes with: Apple's GPU knows no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


def memory_used(device: torch.device) -> int:
    """Bytes of the device's memory that this process holds; for the CPU, of the machine's."""
    if device.type == "cuda":
        return int(torch.cuda.memory_reserved(device))
    if device.type == "mps":
        return int(torch.mps.driver_allocated_memory())
    return int(psutil.Process().memory_info().rss)


def memory_free(device: torch.device) -> int:
    """Bytes of the device's memory that nobody holds; for the CPU, of the machine's."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return int(psutil.virtual_memory().available)


def out_of_memory(error: RuntimeError) -> bool:
    """Whether PyTorch means that memory did not suffice; the CPU and Apple's GPU say so only in words."""
    return isinstance(error, torch.OutOfMemoryError) or any(
        words in str(error) for words in ("can't allocate memory", "not enough memory", "out of memory")
    )


def _present(name: str) -> bool:
    if name == "cuda":
        return torch.cuda.is_available()
    return name == "mps" and torch.backends.mps.is_available()
