"""Trainings that were published, as values of settings. To add one: a line in RECIPES.

A recipe lies over the defaults and under everything that a user sets.
"""

from collections.abc import Mapping
from typing import Any

from quantsig.data.errors import unknown_name

Recipe = Mapping[str, Any]  # values by the dotted names of settings

JKX: Recipe = {
    # Jiang, Kelly and Xiu, "(Re-)Imag(in)ing price trends", Journal of Finance 78(6), 2023,
    # section II: Adam at 1e-5, batches of 128, no class weights, stop after two epochs in which
    # the validation loss did not fall, the scores of five trainings averaged. Dropout of a half
    # and Xavier-uniform weights are the model's own. They name no largest number of epochs.
    "train.model": "jkx",
    "train.loss": "cross_entropy",
    "train.batch_size": 128,
    "train.epochs": 100,
    "train.patience": 2,
    "train.best_by": ("loss",),
    "train.seeds": 5,
    "train.clip_norm": 0.0,
    "optimiser.name": "adam",
    "optimiser.learning_rate": 1e-5,
    "optimiser.weight_decay": 0.0,
    "schedule.name": "constant",
}


def price_images(bars: int) -> Recipe:
    """The same with its picture of so many bars and the sign of as many bars' return.

    That return runs from the close of the decision to a close, as theirs does; what is not above
    0 is down, and no row is left out.
    """
    return {
        **JKX,
        "samples.preset": f"jkx{bars}",
        "label.name": "close_direction",
        "label.horizon_bars": bars,
        "label.down_fraction": 0.0,
        "label.up_fraction": 0.0,
    }


ACL18: Recipe = {
    # What Feng et al. (IJCAI 2019) train on the benchmark of Xu and Cohen (ACL 2018): eleven moves,
    # hinge, Adam at .01, batches of 1,024, 150 epochs, the epoch by validation accuracy. Their
    # inputs are not standardised and their gradients not clipped. Splits are those of the paper.
    # Each sample has the history that window and means need, which gives their number of rows.
    "samples.preset": "sequence",
    "label.name": "close_direction",
    "label.horizon_bars": 1,
    "splits.at": ("2015-08-01", "2015-10-01"),
    "splits.since": "2014-01-01",
    "splits.until": "2016-01-01",
    "train.loss": "hinge",
    "train.batch_size": 1024,
    "train.epochs": 150,
    "train.patience": 150,
    "train.best_by": ("accuracy",),
    "train.clip_norm": 0.0,
    "input.features": ("moves",),
    "model.standardise": False,
    "optimiser.name": "adam",
    "optimiser.learning_rate": 0.01,
    "optimiser.weight_decay": 0.0,
    "schedule.name": "constant",
}
ACL18_ALSTM: Recipe = {
    **ACL18,
    "train.model": "alstm",
    "samples.bars": 34,
    "input.window_bars": 5,
    "model.hidden_size": 4,
    "loss.head_penalty": 2.0,  # of two logits: 1 of one score
}

RECIPES: dict[str, Recipe] = {
    "jkx": JKX,  # of samples that are built already
    "jkx5": price_images(5),
    "jkx20": price_images(20),
    "jkx60": price_images(60),
    "acl18_lstm": {
        **ACL18,
        "train.model": "lstm",
        "samples.bars": 39,
        "input.window_bars": 10,
        "model.hidden_size": 32,
        "model.layers": 1,
        "model.dropout": 0.0,
        "loss.head_penalty": 20.0,
    },
    "acl18_alstm": ACL18_ALSTM,
    "acl18_adv_alstm": {
        **ACL18_ALSTM,
        "adversarial.weight": 0.01,
        "adversarial.epsilon": 0.05,
    },
}


def recipe_named(name: str) -> Recipe:
    """The values of a recipe.

    Raises:
        ConfigError: there is none of that name; the message lists the known ones.
    """
    if name not in RECIPES:
        raise unknown_name("recipe", name, RECIPES, where="train.recipe")
    return RECIPES[name]
