"""The models a run can train. To add one: a file here and a line in MODELS.

A builder takes a ModelShape and returns a module that maps its input to raw scores (B, outputs):
logits, one a class, or the predicted return where there is one output. The input is either planes
(B, C, H, W), uint8 zeros and ones as they are drawn, a sequence (B, C, N), float32, or several
parts by name; of a cross-section scores are (U, S, K).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from quantsig.data.deferred import Deferred
from quantsig.data.errors import ConfigError, unknown_name
from quantsig.data.language.messages import phrase
from quantsig.data.sequences.features import SCALED
from quantsig.data.sequences.spec import AS_CHARTED, SequenceSpec
from quantsig.signals.inputs import INPUTS, Reads
from quantsig.signals.models.cross_sections.settings import (
    DtmlSettings,
    PanelCnnSettings,
    PanelTowerSettings,
)
from quantsig.signals.models.sequences.settings import (
    AlstmSettings,
    CnnLstmSettings,
    HanSettings,
    LstmSettings,
    ModelSettings,
    PenSettings,
    ScinetSettings,
    StocknetSettings,
    settings_of,
)
from quantsig.signals.models.swin_sizes import SwinSizes
from quantsig.signals.shape import ModelRecord, ModelShape

if TYPE_CHECKING:  # the names are asked for by verbs that should not wait for torch
    import torch
    from torch import nn

HERE = "quantsig.signals.models"


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """How a model is built, what it reads, and how it learns.

    Attributes:
        build: makes the untrained module of a shape, and of settings where it has some.
        reads: the kind of input, a key of INPUTS.
        fit: None for networks, which are trained by gradient. Otherwise
            `fit(module, inputs (n, C, N), targets (n,), weights (n,), seed)` fills the module's
            parameters and buffers at once, and may write over the inputs; targets are class
            numbers, or returns where the module has one output.
        channels_last: whether a CPU is as fast or faster with pictures in that order of memory;
            a GPU is taken to be.
        settings: the dataclass of what can be set of it, a part of ModelSettings.
        scaled_first: whether it takes the first channel for the open of scaled bars.
    """

    build: Callable[..., "nn.Module"]
    reads: Reads = "planes"
    fit: Deferred | None = None
    channels_last: bool = False
    settings: type[Any] | None = None
    scaled_first: bool = False


def _in(module: str, name: str = "build") -> Deferred:
    return Deferred(f"{HERE}.{module}", name)


SequenceModel = partial(Model, reads="sequence")
NewsModel = partial(Model, reads="news")
CrossSectionModel = partial(Model, reads="cross_section")
WindowRule = partial(SequenceModel, scaled_first=True, fit=_in("baselines", "fit_window_direction"))
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
    "bars_cnn": SequenceModel(build=_in("bars_cnn")),
    "lstm": SequenceModel(build=_in("sequences.lstm"), settings=LstmSettings),
    "bilstm": SequenceModel(
        build=_in("sequences.lstm", "build_bidirectional"), settings=LstmSettings
    ),
    "alstm": SequenceModel(build=_in("sequences.alstm"), settings=AlstmSettings),
    "scinet": SequenceModel(build=_in("sequences.scinet"), settings=ScinetSettings),
    "cnn_lstm": SequenceModel(build=_in("sequences.cnn_lstm"), settings=CnnLstmSettings),
    "han": NewsModel(build=_in("news.han"), settings=HanSettings),
    "stocknet": NewsModel(build=_in("news.stocknet"), settings=StocknetSettings),
    "pen": NewsModel(build=_in("news.pen"), settings=PenSettings),
    "dtml": CrossSectionModel(build=_in("cross_sections.dtml"), settings=DtmlSettings),
    "panel_cnn": CrossSectionModel(
        build=_in("cross_sections.panel_cnn"), settings=PanelCnnSettings
    ),
    "panel_tower": CrossSectionModel(
        build=_in("cross_sections.panel_tower"), settings=PanelTowerSettings
    ),
    "majority": SequenceModel(
        build=_in("baselines", "build_majority"), fit=_in("baselines", "fit_majority")
    ),
    "window_direction": WindowRule(build=_in("baselines", "build_window_direction")),
    "window_reversal": WindowRule(build=_in("baselines", "build_window_reversal")),
    "logistic": SequenceModel(build=_in("linear"), fit=_in("linear", "fit_logistic")),
    "linear_svm": SequenceModel(build=_in("linear"), fit=_in("linear", "fit_linear_svm")),
    "boosting": SequenceModel(build=_in("trees"), fit=_in("trees", "fit")),
}


def check_model(name: str) -> None:
    """Raise the error that lists the known models when `name` is not one."""
    if name not in MODELS:
        raise unknown_name("model", name, MODELS, where="train.model")


def find_model(name: str) -> Model:
    """The model called `name`; an unknown name raises an error that lists the known."""
    check_model(name)
    return MODELS[name]


def own_settings(name: str, given: ModelSettings) -> dict[str, Any]:
    """Every setting of a model by name, those that are given over its own.

    Raises:
        ConfigError: the model is unknown, or has no such setting.
    """
    kind = find_model(name).settings
    found = settings_of(name, kind, given)
    return asdict(found) if found else {}


def unlike_own(name: str, given: ModelSettings) -> ModelSettings:
    """What is given without what the model has anyway, so that one training has one name."""
    kind = MODELS[name].settings if name in MODELS else None
    own = fields(kind) if kind else ()
    same = [one.name for one in own if getattr(given, one.name) == one.default]
    return replace(given, **dict.fromkeys(same)) if same else given


def refuse_unread(name: str, spec: SequenceSpec) -> None:
    """Raise a ConfigError where a model does not read the sequences that are set."""
    model = find_model(name)
    if spec.universe is not None and not INPUTS[model.reads].together:
        raise ConfigError(
            phrase("{name} reads one symbol at a time, and a universe is set.", name=name),
            where=f"train.model = {name}, input.universe",
            remedy="Leave it out, or train a model that reads cross-sections.",
        )
    if not INPUTS[model.reads].needs_bars and spec != AS_CHARTED:
        raise ConfigError(
            phrase("{name} reads planes, and a sequence is set.", name=name),
            where=f"train.model = {name}, input",
            remedy="Leave out what is set of the input, or train a model that reads sequences.",
        )
    if model.scaled_first and (spec.features[0] != SCALED or spec.denoise):
        raise ConfigError(
            phrase("{name} reads scaled bars as they are.", name=name),
            where=f"train.model = {name}, input.features",
            remedy="Name scaled first, and leave out denoise.",
        )


def build_model(
    name: str, shape: ModelShape, settings: Mapping[str, Any] | None = None
) -> "nn.Module":
    """Build the model called `name`.

    Args:
        name: a key of MODELS.
        shape: of its input and output.
        settings: its own by name; None: as it has them.

    Raises:
        ConfigError: the name is unknown, or the model does not admit the shape.
    """
    model = find_model(name)
    if model.reads == "news" and not shape.news_width:
        raise ConfigError(
            phrase("{name} reads news, and these samples have none.", name=name),
            where=f"train.model = {name}",
            remedy="Build the samples with news: quantsig samples build BARS `news` NEWS",
        )
    if INPUTS[model.reads].together and shape.scaled_channels and not shape.symbols:
        raise ConfigError(
            phrase("{name} reads cross-sections, and these are of no symbols.", name=name),
            where=f"train.model = {name}, input.universe",
            remedy="Name the symbols, or give samples of several.",
        )
    if INPUTS[model.reads].needs_bars and not INPUTS[model.reads].given_by(shape):
        raise ConfigError(
            phrase(
                "{name} reads bars, and these samples are pictures whose bars are not known.",
                name=name,
            ),
            where=f"train.model = {name}",
            remedy="Use a model that reads planes, or build the samples from bars.",
        )
    if model.settings is None:
        return model.build(shape)
    return model.build(shape, model.settings(**settings or {}))


def build_member(record: ModelRecord) -> "nn.Module":
    """The recorded model, or one of the members that it is made of."""
    return build_model(record.name, record.shape, record.settings)


def channels_last(model: Model, device: "torch.device") -> bool:
    """Whether pictures are to be channels last in memory, where nothing else is asked for."""
    return model.channels_last or device.type == "cuda"


def build_recorded(record: ModelRecord) -> "nn.Module":
    """The recorded model, or the ensemble of as many as it says."""
    if record.members == 1:
        return build_member(record)
    from quantsig.signals.models.ensemble import Ensemble  # noqa: PLC0415

    members = [build_member(record) for _ in range(record.members)]
    return Ensemble(members, returns=record.returns)
