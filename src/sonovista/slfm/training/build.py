"""A run's options -> its objective."""

from collections.abc import Callable

from torch import nn

from sonovista.slfm.config import TrainingRun
from sonovista.slfm.networks.estimators import MotionModel
from sonovista.slfm.training.contrastive import RotationContrastObjective, SpatialAlignmentObjective
from sonovista.slfm.training.delay import TimeDelayObjective
from sonovista.slfm.training.objectives import GeometryObjective, SupervisedObjective
from sonovista.slfm.training.pretext import PretextObjective
from sonovista.slfm.training.probes import ProbeObjective

_OBJECTIVES: dict[str, Callable[[TrainingRun], nn.Module]] = {
    "geometry": GeometryObjective,
    "supervised": SupervisedObjective,
    "pretext": PretextObjective,
    "probe": ProbeObjective,
    "rotnce": RotationContrastObjective,
    "avsa": SpatialAlignmentObjective,
    "stereocrw": TimeDelayObjective,
    "monoclr": TimeDelayObjective,
}


def build_objective(run: TrainingRun) -> nn.Module:
    """The module that is trained."""
    return _OBJECTIVES[run.task](run)


def evaluated_model(objective: nn.Module) -> MotionModel | None:
    """The estimators inside an objective whose angles mean something, or None."""
    if isinstance(objective, GeometryObjective | SupervisedObjective):
        return objective.model
    return None
