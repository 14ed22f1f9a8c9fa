"""The graph of a network, traced without touching anything that another thread may be using.

torch.fx's own tracer replaces the call of every module of the process while it traces, so that a forward on
another thread ends up in the graph, or in an error.
"""

from __future__ import annotations

import copy
import operator
from collections import Counter
from collections.abc import Callable
from functools import partial, partialmethod
from typing import Any

from torch import Tensor, fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

IN_PLACE = (operator.iadd, operator.isub, operator.imul, operator.itruediv)


class _Values(fx.Proxy):
    """torch.fx's own would take `values += others` for a sum beside the values, which stay as they were."""

    def _in_place(self, function: Callable[..., Any], other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", function, (self, other), {})

    __iadd__ = partialmethod(_in_place, operator.iadd)
    __isub__ = partialmethod(_in_place, operator.isub)
    __imul__ = partialmethod(_in_place, operator.imul)
    __itruediv__ = partialmethod(_in_place, operator.itruediv)


class _Tracer(fx.Tracer):
    """Records what a network does to a proxy of its input. PyTorch's own layers are one step each."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.graph = fx.Graph()
        self._network = network
        named = [*network.named_parameters(remove_duplicate=False), *network.named_buffers()]
        self._names = {id(tensor): name for name, tensor in named}

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Values(node, self)

    def traced(self) -> fx.Graph:
        """The graph. The network is not fit for use afterwards."""
        for name, module in self._network.named_modules():
            if type(module).__module__.startswith("torch.nn") and not isinstance(module, nn.Sequential):
                module.forward = partial(self._layer, name)
        found = self._network(self.create_proxy("placeholder", "input", (), {}))
        self.create_node("output", "output", (self.create_arg(found),), {})
        return self.graph

    def _layer(self, name: str, *args: Any, **kwargs: Any) -> fx.Proxy:
        return self.create_proxy("call_module", name, args, kwargs)

    def create_arg(self, a: Any) -> Any:
        """An argument as the graph has it: a weight by its name. Other tensors may differ at any call."""
        if isinstance(a, Tensor):
            if id(a) not in self._names:
                raise NotImplementedError("a tensor that is no weight of the network")
            return self.create_node("get_attr", self._names[id(a)], (), {})
        return super().create_arg(a)


def traced(network: nn.Module) -> fx.Graph:
    """The graph of a network of one input, whose nodes name its layers and weights.

    Raises fx.proxy.TraceError, TypeError, ValueError, RuntimeError or NotImplementedError for a network whose
    way depends on its values, or that calls what cannot be recorded.
    """
    return _Tracer(copy.deepcopy(network)).traced()


def fold_batch_norm(network: nn.Module) -> None:
    """Fold each BatchNorm of a network in eval mode into the convolution before it, which is its function."""
    nodes = [node for node in traced(network).nodes if node.op == "call_module"]
    calls = Counter(str(node.target) for node in nodes)
    for node in nodes:
        before = node.args[0]
        if not isinstance(before, fx.Node) or before.op != "call_module" or len(before.users) > 1:
            continue
        names = str(before.target), str(node.target)
        convolution, norm = map(network.get_submodule, names)
        once = calls[names[0]] == calls[names[1]] == 1
        if once and isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            network.set_submodule(names[0], fuse_conv_bn_eval(convolution, norm))
            network.set_submodule(names[1], nn.Identity())
