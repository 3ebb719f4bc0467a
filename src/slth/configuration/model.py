"""The config as one typed object: what all studies share, and a block for each study."""

import functools
import importlib
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from slth.settings import bracket as searches
from slth.settings import networks as targets
from slth.settings.section import Section
from slth.studies import names


class Shared(Section):
    """What the studies share."""

    seed: int = Field(
        20231130,
        ge=0,
        le=9223372036854775807,
        description="every random number of the run descends from it",
    )
    data_folder: str | None = Field(
        None,
        pattern=r"^[^\x00-\x1f]{1,1000}$",
        description="folder of the files of mnist, fashion-mnist or cifar10; null: none is used",
    )
    device: Literal["cpu", "cuda", "auto"] = Field(
        "cpu",
        description="where subset problems are solved and brackets searched; auto: a GPU if any",
    )
    networks: targets.Settings = Field(targets.DEFAULT)
    bracket: searches.Settings = Field(default_factory=searches.Settings)


@functools.cache
def model() -> type[BaseModel]:
    """The model of the whole config; a study's block is named by its package."""
    blocks: dict[str, Any] = {}
    for name in names():
        settings = importlib.import_module(f"slth.studies.{name}.settings")
        default = getattr(settings, "DEFAULT", None)
        field = Field(default) if default is not None else Field(default_factory=settings.Settings)
        blocks[name] = (settings.Settings, field)
    return create_model("Config", __base__=Shared, **blocks)


def enabled(config: Any, name: str) -> bool:
    """Whether a study is in the run: its list is not empty, its ``enabled`` not false."""
    block = config[name]
    return bool(block) if isinstance(block, list) else bool(block["enabled"])
