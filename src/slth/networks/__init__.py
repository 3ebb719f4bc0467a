"""The network room: targets, training, normalisation, random sources, storage."""

from slth.networks.architectures import (
    Layer,
    build_dense_network,
    build_network,
    convolution,
    has_readout,
    in_float64,
    linear,
    read_layers,
)
from slth.networks.data import DATA_SETS, DataSet, load_data_set
from slth.networks.determinism import one_thread
from slth.networks.equivariant import InvariantMean, QuarterTurnConv, SetLinear
from slth.networks.equivariant_layers import as_plain, read_equivariant
from slth.networks.modules import ChannelScale
from slth.networks.network import Network
from slth.networks.normalise import normalise
from slth.networks.reading._onnx import from_onnx
from slth.networks.reading._pt2 import from_pt2
from slth.networks.reading._torch import from_torch
from slth.networks.residual import Residual
from slth.networks.sources import random_source
from slth.networks.storage import load_network, load_networks, save_network, save_networks
from slth.networks.training import train

__all__ = [
    "DATA_SETS",
    "ChannelScale",
    "DataSet",
    "InvariantMean",
    "Layer",
    "Network",
    "QuarterTurnConv",
    "Residual",
    "SetLinear",
    "as_plain",
    "build_dense_network",
    "build_network",
    "convolution",
    "from_onnx",
    "from_pt2",
    "from_torch",
    "has_readout",
    "in_float64",
    "linear",
    "load_data_set",
    "load_network",
    "load_networks",
    "normalise",
    "one_thread",
    "random_source",
    "read_equivariant",
    "read_layers",
    "save_network",
    "save_networks",
    "train",
]


def __dir__() -> list[str]:
    return __all__
