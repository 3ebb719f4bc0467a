# mypy: ignore-errors
# modules in the styles that are met outside, written for the tests of the reader
"""Networks as people write them: name → (module, shape of an input without the batch)."""

import itertools
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from slth.networks import ChannelScale, Residual


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 3, 5, padding=2)
        self.conv2 = nn.Conv2d(3, 4, 5)
        self.fc1 = nn.Linear(4 * 2 * 2, 12)
        self.fc2 = nn.Linear(12, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, self.num_flat_features(x))
        x = F.dropout(F.relu(self.fc1(x)), training=self.training)
        return self.fc2(x)

    def num_flat_features(self, x):
        count = 1
        for size in x.size()[1:]:
            count *= size
        return count


def conv3x3(c_in, c_out, stride=1, groups=1, dilation=1):
    return nn.Conv2d(
        c_in, c_out, 3, stride, padding=dilation, groups=groups, bias=False, dilation=dilation
    )


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class Bottleneck(nn.Module):
    expansion = 2

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = conv3x3(planes, planes, stride, groups=2)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(self, block, layers, classes=5):
        super().__init__()
        self.inplanes = 4
        self.conv1 = nn.Conv2d(3, 4, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 4, layers[0])
        self.layer2 = self._make_layer(block, 6, layers[1], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(6 * block.expansion, classes)

    def _make_layer(self, block, planes, blocks, stride=1):
        downsample = None
        if stride != 1 or self.inplanes != planes * block.expansion:
            downsample = nn.Sequential(
                nn.Conv2d(self.inplanes, planes * block.expansion, 1, stride, bias=False),
                nn.BatchNorm2d(planes * block.expansion),
            )
        layers = [block(self.inplanes, planes, stride, downsample)]
        self.inplanes = planes * block.expansion
        layers += [block(self.inplanes, planes) for _ in range(1, blocks)]
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer2(self.layer1(x))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class ConvBNReLU(nn.Sequential):
    def __init__(self, c_in, c_out, kernel=3, stride=1, groups=1):
        super().__init__(
            nn.Conv2d(c_in, c_out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU6(inplace=True),
        )


class InvertedResidual(nn.Module):
    def __init__(self, inp, oup, stride, expand_ratio):
        super().__init__()
        hidden = inp * expand_ratio
        self.use_res_connect = stride == 1 and inp == oup
        layers = [ConvBNReLU(inp, hidden, 1)] if expand_ratio != 1 else []
        layers += [
            ConvBNReLU(hidden, hidden, stride=stride, groups=hidden),
            nn.Conv2d(hidden, oup, 1, bias=False),
            nn.BatchNorm2d(oup),
        ]
        self.conv = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            ConvBNReLU(3, 4, stride=2),
            InvertedResidual(4, 4, 1, 1),
            InvertedResidual(4, 6, 2, 3),
            InvertedResidual(6, 6, 1, 2),
            ConvBNReLU(6, 8, 1),
        )
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(8, 5))

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.mean([2, 3]))


class VGG(nn.Module):
    def __init__(self, cfg=(4, "M", 6, 6, "M"), batch_norm=True):
        super().__init__()
        layers, c = [], 3
        for v in cfg:
            if v == "M":
                layers += [nn.MaxPool2d(2, 2)]
            else:
                layers += [nn.Conv2d(c, v, 3, padding=1)]
                layers += [nn.BatchNorm2d(v)] if batch_norm else []
                layers += [nn.ReLU(True)]
                c = v
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((2, 2))
        self.classifier = nn.Sequential(
            *(nn.Linear(c * 4, 8), nn.ReLU(True), nn.Dropout(), nn.Linear(8, 5))
        )

    def forward(self, x):
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))


class LambdaLayer(nn.Module):
    def __init__(self, lambd):
        super().__init__()
        self.lambd = lambd

    def forward(self, x):
        return self.lambd(x)


class CifarBlock(nn.Module):
    """Option A: pixels are picked and channels padded."""

    def __init__(self, c_in, planes, stride=1):
        super().__init__()
        self.conv1, self.bn1 = conv3x3(c_in, planes, stride), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = conv3x3(planes, planes), nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or c_in != planes:
            self.shortcut = LambdaLayer(
                lambda x: F.pad(
                    x[:, :, ::2, ::2], (0, 0, 0, 0, planes // 4, planes // 4), "constant", 0
                )
            )

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        out += self.shortcut(x)
        return F.relu(out)


class CifarResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = conv3x3(3, 4), nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(CifarBlock(4, 4))
        self.layer2 = nn.Sequential(CifarBlock(4, 8, 2))
        self.linear = nn.Linear(8, 5)

    def forward(self, x):
        out = self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x)))))
        out = F.avg_pool2d(out, out.size()[3])
        return self.linear(out.view(out.size(0), -1))


class PreAct(nn.Module):
    """Batch norm and ReLU ahead of each convolution: the scaling follows a sum."""

    def __init__(self):
        super().__init__()
        self.stem = conv3x3(2, 4)
        self.bn1, self.conv1 = nn.BatchNorm2d(4), conv3x3(4, 4)
        self.bn2, self.conv2 = nn.BatchNorm2d(4), conv3x3(4, 4)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = self.stem(x)
        x = x + self.conv2(F.relu(self.bn2(self.conv1(F.relu(self.bn1(x))))))
        x = F.relu(self.bn(x), inplace=True)
        return self.fc(F.adaptive_avg_pool2d(x, 1).reshape(x.shape[0], -1))


class Separable(nn.Module):
    def __init__(self, c_in, c_out, kernel=3, multiplier=1):
        super().__init__()
        self.depthwise = nn.Conv2d(
            c_in, c_in * multiplier, kernel, padding="same", groups=c_in, bias=False
        )
        self.pointwise = nn.Conv2d(c_in * multiplier, c_out, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class Xception(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = Separable(2, 4, multiplier=2), Separable(4, 4, 2)
        self.bn = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = torch.relu(self.a(x))
        x = torch.relu_(self.bn(self.b(x)))
        return self.head(torch.mean(x, dim=(-2, -1)))


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(2, 3, 1)
        self.three = nn.Sequential(nn.Conv2d(2, 2, 1), nn.ReLU(), nn.Conv2d(2, 4, 3, padding=1))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(2, 2, 1))
        self.fc = nn.Linear(9, 4)

    def forward(self, x):
        x = torch.cat([self.one(x), self.three(x), self.pooled(x)], 1)
        return self.fc(F.relu(x).amax((2, 3)))


class Normalised(nn.Module):
    """Takes images of [0, 1] and normalises them itself."""

    def __init__(self, model, mean, std):
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, x):
        return self.model((x - self.mean) / self.std)


class Reused(nn.Module):
    def __init__(self):
        super().__init__()
        self.act, self.pool = nn.ReLU(), nn.MaxPool2d(2)
        self.first, self.again = nn.Conv2d(1, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.out = nn.Linear(12, 4)

    def forward(self, x):
        x = self.pool(self.act(self.first(x)))
        for _ in range(2):
            x = self.act(self.again(x))
        return self.out(self.pool(x).flatten(1))


class Listed(nn.Module):
    def __init__(self, sizes=(6, 7, 5, 3)):
        super().__init__()
        pairs = itertools.pairwise(sizes)
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in pairs])
        self.norms = nn.ModuleDict({str(i): nn.BatchNorm1d(b) for i, b in enumerate(sizes[1:-1])})

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i < len(self.layers) - 1:
                x = self.norms[str(i)](x).relu()
        return x


class Raw(nn.Module):
    """Weights as parameters of its own, functional forms throughout."""

    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(3, 2, 3, 3))
        self.shift = nn.Parameter(torch.randn(3))
        self.matrix = nn.Parameter(torch.randn(12, 4))
        self.scale = nn.Parameter(torch.tensor(1.5))

    def forward(self, x):
        w = self.kernel - self.kernel.mean((1, 2, 3), keepdim=True)  # weight standardisation
        x = F.conv2d(x, w / w.std((1, 2, 3), keepdim=True), self.shift, stride=2, padding=1)
        x = F.leaky_relu(x, 0.1) * self.scale
        return torch.flatten(x, start_dim=1) @ self.matrix + 0.5


class Padded(nn.Module):
    def __init__(self):
        super().__init__()
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.conv = nn.Conv2d(2, 3, 3, stride=2)
        self.even = nn.Conv2d(3, 3, 4, padding="same", dilation=1)
        self.bn = nn.BatchNorm2d(3)

    def forward(self, x):
        x = torch.clamp(self.conv(self.pad(x)), min=0)
        x = F.relu6(self.bn(self.even(F.pad(x, (1, 2, 0, 1)))))
        return x.sum((2, 3))


class Upside(nn.Module):
    """In place on a value that is read again, and what was copied before."""

    def __init__(self):
        super().__init__()
        self.conv, self.conv2 = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.conv(x)
        kept = y.clone()
        z = self.conv2(self.relu(y))
        return (z + y - 0.5 * kept).flatten(1)


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(5, 4) for _ in range(3))
        self.last = nn.Linear(8, 2)

    def forward(self, x, scale=None, *, deep=True):
        if x.dim() != 2:
            raise ValueError("vectors")
        y = self.a(x).tanh() - torch.sigmoid(self.b(x)) + self.c(x) * 0.25
        return self.last(torch.cat((y, -y), dim=-1)) if deep else y


class Strange(nn.ReLU):
    def forward(self, x):
        return super().forward(x).clamp(max=2.0)


class Pools(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.avg = nn.AvgPool2d(3, 2, 1, count_include_pad=False)
        self.ceil = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.odd = nn.AvgPool2d(2, 1, divisor_override=3)

    def forward(self, x):
        x = self.odd(self.ceil(self.avg(self.conv(x))))
        return x.mean(-1).mean(-1).unsqueeze(1).squeeze(1)


def _plain_sequential():
    return nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))


def _nested():
    inner = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Sequential(nn.BatchNorm2d(3), nn.LeakyReLU(0.2)))
    head = nn.Sequential(OrderedDict(flat=nn.Flatten(), drop=nn.Dropout(), fc=nn.Linear(27, 4)))
    return nn.Sequential(OrderedDict(body=nn.Sequential(inner, nn.AvgPool2d(2)), head=head))


def _all_convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, dilation=2, padding=2, bias=False),
        nn.BatchNorm2d(4, affine=False),
        nn.PReLU(init=0.3),
        nn.Dropout2d(0.3),
        nn.Conv2d(4, 6, 3, groups=2),
        nn.Hardtanh(0.0, 4.0),
        nn.Conv2d(6, 5, 1),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
    )


def _images_to_vectors():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(16, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3, bias=False)
    )


def _norm_first():
    return nn.Sequential(
        nn.BatchNorm2d(2), nn.Conv2d(2, 3, 3, groups=1), nn.ReLU(), nn.Flatten(),
        nn.BatchNorm1d(12), nn.Linear(12, 3),
    )  # fmt: skip


def _norm_padded():
    """A shift that zero padding keeps from the layer behind it."""
    return nn.Sequential(nn.BatchNorm2d(2), nn.Conv2d(2, 3, 3, padding=1), nn.ReLU())


def _two_norms():
    return nn.Sequential(
        nn.Linear(4, 3), nn.BatchNorm1d(3), nn.BatchNorm1d(3), nn.ReLU(), nn.BatchNorm1d(3)
    )


def _of_this_project():
    return nn.Sequential(
        ChannelScale(torch.randn(5), torch.tensor([0, 1, 1, 0, 1])), nn.ReLU(),
        nn.Conv2d(5, 2, 3, padding=1, bias=False), nn.ReLU(),
        Residual(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 2, 3, padding=1)),
    )  # fmt: skip


def _identities():
    return nn.Sequential(
        nn.Identity(), nn.Linear(3, 4), nn.Identity(), nn.AlphaDropout(), nn.ReLU(), nn.Linear(4, 2)
    )


def _own_activation():
    return nn.Sequential(nn.Conv2d(1, 2, 3), Strange(), nn.Conv2d(2, 1, 1), nn.ReLU(inplace=True))


def _one_layer():
    return nn.Linear(4, 3)


def _flat_first():
    return Normalised(nn.Sequential(nn.Flatten(), nn.Linear(18, 4)), [0.2, 0.3], [0.5, 0.6])


Made = Callable[[], nn.Module]
MODULES: dict[str, tuple[Made, tuple[int, ...]]] = {
    "LeNet": (LeNet, (1, 16, 16)),
    "BasicBlock ResNet": (partial(ResNet, BasicBlock, [1, 2]), (3, 32, 32)),
    "Bottleneck ResNet": (partial(ResNet, Bottleneck, [2, 1]), (3, 40, 24)),
    "MobileNetV2": (MobileNetV2, (3, 17, 17)),
    "VGG": (VGG, (3, 8, 8)),
    "VGG without batch norm": (partial(VGG, batch_norm=False), (3, 16, 16)),
    "ResNet of CIFAR, option A": (CifarResNet, (3, 8, 8)),
    "pre-activation": (PreAct, (2, 6, 6)),
    "separable": (Xception, (2, 7, 7)),
    "Inception": (Inception, (2, 6, 6)),
    "normalises its images": (
        lambda: Normalised(VGG(), [0.48, 0.45, 0.4], [0.2, 0.22, 0.25]), (3, 8, 8)),
    "normalises, then flattens": (_flat_first, (2, 3, 3)),
    "reused ReLU and convolution": (Reused, (1, 8, 8)),
    "lists of layers": (Listed, (6,)),
    "parameters of its own": (Raw, (2, 4, 4)),
    "uneven padding": (Padded, (2, 7, 8)),
    "in place": (Upside, (2, 4, 4)),
    "branches": (Branching, (5,)),
    "pools of all kinds": (Pools, (2, 12, 13)),
    "Sequential": (_plain_sequential, (1, 6, 6)),
    "nested Sequential": (_nested, (2, 8, 8)),
    "all convolutional": (_all_convolutional, (1, 13, 13)),
    "dense on images": (_images_to_vectors, (1, 4, 4)),
    "norm first": (_norm_first, (2, 4, 4)),
    "norm before padding": (_norm_padded, (2, 4, 4)),
    "two norms, and one behind": (_two_norms, (4,)),
    "modules of this project": (_of_this_project, (2, 5, 5)),
    "identities": (_identities, (3,)),
    "activation of its own": (_own_activation, (1, 5, 5)),
    "one layer": (_one_layer, (4,)),
    "one block": (lambda: BasicBlock(3, 3), (3, 5, 5)),
    "inverted residual": (lambda: InvertedResidual(3, 3, 1, 2), (3, 6, 6)),
}  # fmt: skip


def make(name: str, seed: int = 0, dtype: torch.dtype = torch.float32) -> nn.Module:
    """The module, its batch norm as after training, in training mode."""
    state = torch.random.get_rng_state()
    try:
        torch.manual_seed(seed)
        module = MODULES[name][0]()
        for part in module.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.running_mean.normal_(0, 0.3)
                part.running_var.uniform_(0.5, 2.0)
                if part.affine:
                    nn.init.uniform_(part.weight, 0.5, 1.5)
                    nn.init.normal_(part.bias, 0, 0.3)
    finally:
        torch.random.set_rng_state(state)
    return module.to(dtype)
