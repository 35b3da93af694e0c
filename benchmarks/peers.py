"""Peers of the layer benchmark: layers of members of other libraries, each beside its plain layer.

They are PyTorch's and run eagerly, as their users run them. None is needed: one that is asked for
is imported, and one that is not installed is refused by name.
"""

import importlib.util


def tabm(members):
    """tabm has dense layers alone; they take `(B, M, D)`, and so does the plain one here."""
    from tabm import LinearBatchEnsemble
    from torch.nn import Linear

    ours = LinearBatchEnsemble(1024, 1024, k=members, scaling_init="random-signs")
    return {"dense": ((256 // members, members, 1024), Linear(1024, 1024), ours)}


def torch_uncertainty(members):
    """torch-uncertainty's dense layer and convolution; rows are member-major there."""
    from torch.nn import Conv2d, Linear
    from torch_uncertainty.layers import BatchConv2d, BatchLinear

    def convolutions(size, channels):
        plain = Conv2d(channels, channels, 3, padding=1)
        ours = BatchConv2d(channels, channels, 3, members, padding=1)
        return (64, channels, size, size), plain, ours

    return {
        "dense": ((256, 1024), Linear(1024, 1024), BatchLinear(1024, 1024, members)),
        "conv2d": convolutions(32, 64),
        "conv2d-wide": convolutions(8, 256),
    }


PEERS = {"tabm": tabm, "torch_uncertainty": torch_uncertainty}


def missing(names):
    """Those of `names` that are not installed."""
    return [name for name in names if importlib.util.find_spec(name) is None]


def pairs(peer, members):
    """What `peer` has of the layer benchmark's cases.

    Args:
        peer: One of `PEERS`, installed.
        members: Number of members M.

    Returns:
        `{name of the case: function}`; the function takes whether to go backward and gives two
        functions of nothing, a pass of the plain layer and one of the members.
    """

    def pair(shape, *modules):
        return lambda backward: [_runner(module, shape, backward) for module in modules]

    return {name: pair(*case) for name, case in PEERS[peer](members).items()}


def _runner(module, shape, backward):
    """A function of nothing that runs a module of PyTorch on random rows of `shape` once."""
    import torch

    rows = torch.randn(shape, requires_grad=backward)
    if not backward:
        return torch.no_grad()(lambda: module(rows))
    inputs = [rows, *module.parameters()]
    pull = torch.randn_like(module(rows))
    return lambda: torch.autograd.grad(module(rows), inputs, pull)
