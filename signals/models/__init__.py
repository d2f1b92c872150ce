"""The models a run can train. To add one: a file here and a line in MODELS.

A builder takes a ModelShape and returns a module that maps its input to raw scores (B, outputs):
logits, one a class, or the predicted return where there is one output. The input is either planes
(B, C, H, W), uint8 zeros and ones as they are drawn, or scaled bars (B, C, N), float32.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from quantsig.data.deferred import Deferred
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.language.messages import phrase
from quantsig.signals.models.swin_sizes import SwinSizes
from quantsig.signals.shape import ModelRecord, ModelShape

if TYPE_CHECKING:  # the names are asked for by verbs that should not wait for torch
    import torch
    from torch import nn

Reads = Literal["planes", "bars"]
HERE = "quantsig.signals.models"


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """How a model is built, what it reads, and how it learns.

    Attributes:
        build: makes the untrained module.
        reads: planes, or the scaled bars.
        fit: None for networks, which are trained by gradient. Otherwise
            `fit(module, inputs (n, C, N), targets (n,), weights (n,), seed)` fills the module's
            parameters and buffers at once; targets are class numbers, or returns where the module
            has one output.
        channels_last: whether a CPU is as fast or faster with pictures in that order of memory;
            a GPU is taken to be.
    """

    build: Callable[[ModelShape], "nn.Module"]
    reads: Reads = "planes"
    fit: Deferred | None = None
    channels_last: bool = False


def _in(module: str, name: str = "build") -> Deferred:
    return Deferred(f"{HERE}.{module}", name)


Residual = partial(Model, channels_last=True)
REGULARISED = SwinSizes(dropout=0.1, attention_dropout=0.1, drop_path=0.2)
SWIN_T = SwinSizes(heads=(3, 6, 12, 24), drop_path=0.2)
SWIN_S = SwinSizes(depths=(2, 2, 18, 2), heads=(3, 6, 12, 24), drop_path=0.3)
SWIN_B = SwinSizes(embed=128, depths=(2, 2, 18, 2), drop_path=0.5)

MODELS: dict[str, Model] = {
    "small": Model(build=_in("small")),
    "resnet18": Residual(build=partial(_in("resnet"), "resnet18")),
    "resnet34": Residual(build=partial(_in("resnet"), "resnet34")),
    "resnet50": Residual(build=partial(_in("resnet"), "resnet50")),
    "resnet101": Residual(build=partial(_in("resnet"), "resnet101")),
    "resnet152": Residual(build=partial(_in("resnet"), "resnet152")),
    "resnet18_deep": Residual(build=partial(_in("resnet", "build_deep"), "resnet18")),
    "resnet34_deep": Residual(build=partial(_in("resnet", "build_deep"), "resnet34")),
    "resnet50_deep": Residual(build=partial(_in("resnet", "build_deep"), "resnet50")),
    "resnet101_deep": Residual(build=partial(_in("resnet", "build_deep"), "resnet101")),
    "resnet152_deep": Residual(build=partial(_in("resnet", "build_deep"), "resnet152")),
    "swin": Model(build=partial(_in("swin"), SwinSizes())),
    "swin_wide": Model(build=partial(_in("swin"), SwinSizes(embed=128))),
    "swin_regularised": Model(build=partial(_in("swin"), REGULARISED)),
    "swin_t": Model(build=partial(_in("swin"), SWIN_T)),
    "swin_s": Model(build=partial(_in("swin"), SWIN_S)),
    "swin_b": Model(build=partial(_in("swin"), SWIN_B)),
    "jkx": Model(build=_in("jkx")),
    "bars_cnn": Model(build=_in("bars_cnn"), reads="bars"),
    "majority": Model(
        build=_in("baselines", "build_majority"), reads="bars", fit=_in("baselines", "fit_majority")
    ),
    "window_direction": Model(
        build=_in("baselines", "build_window_direction"),
        reads="bars",
        fit=_in("baselines", "fit_window_direction"),
    ),
    "logistic": Model(build=_in("linear"), reads="bars", fit=_in("linear", "fit_logistic")),
    "linear_svm": Model(build=_in("linear"), reads="bars", fit=_in("linear", "fit_linear_svm")),
    "boosting": Model(build=_in("trees"), reads="bars", fit=_in("trees", "fit")),
}


def check_model(name: str) -> None:
    """Raise the error that lists the known models when `name` is not one."""
    if name not in MODELS:
        raise unknown_name("model", name, MODELS, where="train.model")


def find_model(name: str) -> Model:
    """The model called `name`; an unknown name raises an error that lists the known."""
    check_model(name)
    return MODELS[name]


def build_model(name: str, shape: ModelShape) -> "nn.Module":
    """Build the model called `name`.

    Raises:
        ConfigError: the name is unknown, or the model does not admit the shape.
    """
    model = find_model(name)
    if model.reads == "bars" and not shape.scaled_channels:
        raise ConfigError(
            phrase(
                "{name} reads scaled bars, and these samples are pictures whose bars are "
                "not known.",
                name=name,
            ),
            where=f"train.model = {name}",
            remedy="Use a model that reads planes, or build the samples from bars.",
        )
    return model.build(shape)


def channels_last(model: Model, device: "torch.device") -> bool:
    """Whether pictures are to be channels last in memory, where nothing else is asked for."""
    return model.channels_last or device.type == "cuda"


def build_recorded(record: ModelRecord) -> "nn.Module":
    """The recorded model, or the ensemble of as many as it says."""
    if record.members == 1:
        return build_model(record.name, record.shape)
    from quantsig.signals.models.ensemble import Ensemble  # noqa: PLC0415

    members = [build_model(record.name, record.shape) for _ in range(record.members)]
    return Ensemble(members, returns=record.returns)
