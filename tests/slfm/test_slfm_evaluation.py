import numpy as np
import pytest
from learning import tiny_stream

from sonovista.evaluate.slfm import Measured, evaluate_rotation, evaluate_sound
from sonovista.slfm.calibration import Logistic, auroc
from sonovista.slfm.runtime import MotionNetworks


def test_errors_are_counted_in_bins_of_twenty_degrees():
    measured = Measured()
    for truth_deg, estimate_deg in ((5.0, 7.0), (-15.0, -11.0), (25.0, 35.0), (170.0, -170.0)):
        measured.add(np.radians(estimate_deg), np.radians(truth_deg))
    summary = measured.summary()
    assert summary["mae_deg"] == pytest.approx((2 + 4 + 10 + 20) / 4)
    assert summary["by_true_angle"]["0-20"] == {"count": 2, "mae_deg": 3.0, "median_deg": 3.0}
    assert set(summary["by_true_angle"]) == {"0-20", "20-40", "160-180"}


def test_no_answer_counts_as_zero_and_is_told():
    measured = Measured()
    measured.add(None, np.radians(30.0))
    assert measured.summary()["mae_deg"] == 30.0
    assert measured.summary()["unanswered"] == 1


def test_every_method_is_measured_on_the_same_examples():
    examples = [tiny_stream(width=160, height=120, seconds=1.0).example(index) for index in range(3)]
    networks = MotionNetworks()
    sound = evaluate_sound(examples, networks, {"ahead": lambda sound: 0.0})
    rotation = evaluate_rotation(examples, networks, pitch=np.radians(-22.5))
    assert {sound[name]["count"] for name in ("network", "gcc_phat", "level_difference", "chance", "ahead")} == {
        int(sum((np.abs(e.azimuths) < np.pi / 2).sum() for e in examples))
    }
    assert {part["count"] for part in rotation.values()} == {6}
    assert set(sound["left_right_accuracy"]) == {"network", "vote", "gcc_phat", "level_difference", "ahead"}


def test_confidence_is_learned_from_what_tells_errors_apart(rng):
    features = rng.standard_normal((500, 2))
    good = features[:, 0] + 0.3 * rng.standard_normal(500) > 0.5
    model = Logistic.fitted(features, good)
    assert auroc(model.chance(features), good) > 0.95
    assert model.chance(features).mean() == pytest.approx(good.mean(), abs=0.02)
    again = Logistic.from_list(model.as_list())
    np.testing.assert_allclose(again.chance(features), model.chance(features))
    assert Logistic.unknown(2).chance(features)[0] == 0.5


def test_the_area_under_the_curve():
    assert auroc([0.1, 0.2, 0.8, 0.9], [False, False, True, True]) == 1.0
    assert auroc([0.5, 0.5], [True, False]) == 0.5
    assert np.isnan(auroc([0.1], [True]))
