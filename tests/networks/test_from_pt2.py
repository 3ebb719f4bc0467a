"""Programs of `torch.export`: read as the modules they are of; no code of a file is run."""

import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from slth.networks import from_pt2


class Residual(nn.Module):
    """Two convolutions around a sum, batch norm, pooling, a head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4))
        self.mix = nn.Conv2d(4, 4, 3, padding=1, groups=2)
        self.head = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.max_pool2d(torch.relu(self.stem(x)), 2)
        x = nn.functional.adaptive_avg_pool2d(torch.relu(x + self.mix(x)), 1)
        return self.head(nn.functional.dropout(torch.flatten(x, 1), training=self.training))


@pytest.fixture(scope="module")
def module() -> nn.Module:
    torch.manual_seed(3)
    made = Residual()
    made(torch.randn(16, 1, 8, 8))  # running statistics other than 0 and 1
    return made.eval()


@pytest.fixture(scope="module")
def program(module: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pt2") / "net.pt2"
    any_batch = ({0: torch.export.Dim("batch")},)
    x = torch.randn(2, 1, 8, 8)
    torch.export.save(torch.export.export(module, (x,), dynamic_shapes=any_batch), path)
    return path


def test_program_computes_what_its_module_does(module: nn.Module, program: Path) -> None:
    network = from_pt2(program)
    x = torch.rand(5, 1, 8, 8, dtype=torch.float64) * 2 - 1
    assert network.input_shape == (1, 8, 8)
    with torch.no_grad():
        wanted = module(x.float())
    assert (network(x) - wanted).abs().max() < 1e-5


def test_one_image_may_have_been_exported(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).eval()
    torch.export.save(torch.export.export(net, (torch.randn(1, 3),)), tmp_path / "net.pt2")
    x = torch.rand(5, 3, dtype=torch.float64)
    with torch.no_grad():
        assert (from_pt2(tmp_path / "net.pt2")(x) - net(x.float())).abs().max() < 1e-5


class Payload:
    """Unpickled, writes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.write_text, (self.mark, "ran")


Change = Callable[[str, bytes, Path], bytes]


def in_samples(name: str, held: bytes, mark: Path) -> bytes:
    return pickle.dumps(Payload(mark), protocol=2) if "sample_inputs" in name else held


def in_weights(name: str, held: bytes, mark: Path) -> bytes:
    if name.endswith("weight_0"):
        return pickle.dumps(Payload(mark), protocol=2)
    if name.endswith("weights_config.json"):
        said = json.loads(held)
        said["config"] = {
            key: {**entry, "use_pickle": entry["path_name"] == "weight_0"}
            for key, entry in said["config"].items()
        }
        return json.dumps(said).encode()
    return held


def in_sizes(name: str, held: bytes, mark: Path) -> bytes:
    call = f"__import__('pathlib').Path('{mark}').write_text('ran')"
    return _replaced(name, held, "expr_str", call)


def in_calls(name: str, held: bytes, mark: Path) -> bytes:
    return _replaced(name, held, "target", "torch.os.system")


def in_specs(name: str, held: bytes, mark: Path) -> bytes:
    spec = '[1, {"type": "collections.defaultdict", "context": "{}", "children_spec": []}]'
    return _replaced(name, held, "in_spec", spec)


def in_compiled(name: str, held: bytes, mark: Path) -> bytes:
    return held


def _replaced(name: str, held: bytes, key: str, text: str) -> bytes:
    if not name.endswith("models/model.json"):
        return held

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: text if k == key else walk(v) for k, v in value.items()}
        return [walk(one) for one in value] if isinstance(value, list) else value

    return json.dumps(walk(json.loads(held))).encode()


CHANGES = [in_samples, in_weights, in_sizes, in_calls, in_specs, in_compiled]


def changed(program: Path, path: Path, change: Change, mark: Path) -> Path:
    with zipfile.ZipFile(program) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry), mark))
        if change is in_compiled:
            root = old.namelist()[0].partition("/")[0]
            new.writestr(f"{root}/data/aotinductor/model/model.so", b"ELF")
    return path


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_no_code_of_a_file_is_run(program: Path, tmp_path: Path, change: Change) -> None:
    mark = tmp_path / "mark"
    path = changed(program, tmp_path / "net.pt2", change, mark)
    with pytest.raises(ValueError, match=r"^path: got"):
        from_pt2(path)
    assert not mark.exists()


def test_torch_alone_would_run_it(program: Path, tmp_path: Path) -> None:
    """The changes above are harmful: without the checks, sizes are evaluated on loading."""
    mark = tmp_path / "mark"
    path = changed(program, tmp_path / "net.pt2", in_sizes, mark)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever torch makes of what it has run
        torch.export.load(path)
    assert mark.exists()


def test_what_is_no_program_is_named(program: Path, tmp_path: Path) -> None:
    (tmp_path / "text.pt2").write_text("none")
    torch.save(nn.Linear(2, 2), tmp_path / "pickled.pt2")
    for name in ("text.pt2", "pickled.pt2"):
        with pytest.raises(ValueError, match=r"^path: got"):
            from_pt2(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        from_pt2(tmp_path / "none.pt2")
    with pytest.raises(TypeError, match=r"^path: got int"):
        from_pt2(3)  # type: ignore[arg-type]
    shutil.copy(program, tmp_path / "cut.pt2")
    (tmp_path / "cut.pt2").write_bytes(program.read_bytes()[:4000])
    with pytest.raises(ValueError, match=r"^path: got"):
        from_pt2(tmp_path / "cut.pt2")


def test_operators_that_are_no_layers_are_named(tmp_path: Path) -> None:
    class Odd(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.erf(x)

    torch.export.save(torch.export.export(Odd(), (torch.randn(2, 3),)), tmp_path / "odd.pt2")
    with pytest.raises(ValueError, match=r"aten\.erf\.default"):
        from_pt2(tmp_path / "odd.pt2")
