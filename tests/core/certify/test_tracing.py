"""Tracing a network: nothing changes for those who use it, or any other, at that moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn

from cxr_gui.core.certify.tracing import fold_batch_norm, traced


class Meanwhile(nn.Module):
    """A network in whose forward another thread uses it, and another network, on numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(2, 2)

    def forward(self, values: Tensor) -> Tensor:
        if not isinstance(values, Tensor) and not USED:
            with ThreadPoolExecutor(1) as pool:
                USED.extend(pool.submit(one, torch.ones(1, 2)).result() for one in (NETWORK.inner, nn.ReLU()))
        return torch.relu(self.inner(values))


NETWORK = Meanwhile()
USED: list[object] = []


def test_another_thread_gets_numbers_while_a_network_is_traced() -> None:
    graph = traced(NETWORK)
    assert [type(found) for found in USED] == [Tensor, Tensor]
    assert [node.op for node in graph.nodes] == ["placeholder", "call_module", "call_function", "output"]
    assert isinstance(NETWORK(torch.ones(1, 2)), Tensor)


def test_a_folded_network_is_the_same_function_without_its_batch_norms() -> None:
    torch.manual_seed(0)
    shared = nn.Conv2d(3, 3, 1)
    network = nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU()), shared, nn.BatchNorm2d(3), shared
    )
    with torch.no_grad():
        network.train()(torch.rand(8, 1, 6, 6))
    network.eval()
    pixels = torch.rand(4, 1, 6, 6)
    with torch.no_grad():
        before = network(pixels)
        fold_batch_norm(network)
        torch.testing.assert_close(network(pixels), before)
    left = [name for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)]
    assert left == ["2"]  # that convolution has another call, which no BatchNorm follows


def test_a_batch_norm_that_follows_two_convolutions_stays() -> None:
    torch.manual_seed(0)
    shared = nn.BatchNorm2d(3)
    network = nn.Sequential(nn.Conv2d(3, 3, 1), shared, nn.Conv2d(3, 3, 1), shared)
    with torch.no_grad():
        network.train()(torch.rand(8, 3, 6, 6))
        network.eval()
        before = network(torch.ones(1, 3, 6, 6))
        fold_batch_norm(network)
        torch.testing.assert_close(network(torch.ones(1, 3, 6, 6)), before)
