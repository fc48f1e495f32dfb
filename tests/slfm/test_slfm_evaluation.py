import json

import numpy as np
import pytest
from learning import tiny_stream

from sonovista.evaluate.slfm import Measured, evaluate_rotation, evaluate_sound
from sonovista.evaluate.slfm_confidence import HeardExample, fit_sound_confidence
from sonovista.slfm.calibration import Logistic, auroc
from sonovista.slfm.doubt import Doubt
from sonovista.slfm.runtime import MotionNetworks
from sonovista.slfm.sound_evidence import SOUND_EVIDENCE


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


def test_doubt_is_learned_from_errors(rng):
    embeddings = rng.standard_normal((600, 5))
    errors = np.exp(1.0 + 0.5 * embeddings[:, 2] + 0.1 * rng.standard_normal(600))
    doubt = Doubt.fitted(embeddings, errors)
    assert np.corrcoef(doubt.expected(embeddings), np.log1p(errors))[0, 1] > 0.9
    again = Doubt.from_dict(json.loads(json.dumps(doubt.as_dict())))
    np.testing.assert_allclose(again.expected(embeddings[3]), doubt.expected(embeddings)[3], rtol=1e-5)
    assert np.isfinite(doubt.expected(np.full(5, 1e9)))  # far outside what it was fitted to
    assert np.all(Doubt.unknown(5).expected(embeddings) == 0.0)


def test_confidence_is_judged_in_rooms_that_were_left_out(rng):
    def example(number):
        embedding = rng.standard_normal(4)
        error = float(np.exp(2.0 + embedding[0] + 0.3 * rng.standard_normal()))
        return HeardExample(np.zeros(SOUND_EVIDENCE), embedding, error, number % 7)

    doubt, model, facts = fit_sound_confidence([example(number) for number in range(700)])
    assert facts["auroc"] > 0.9
    assert doubt.width == 4
    sure, unsure = (model.chance([0.0] * (SOUND_EVIDENCE - 1) + [value]) for value in (1.0, 4.0))
    assert sure > 0.8 > 0.2 > unsure


def test_the_area_under_the_curve():
    assert auroc([0.1, 0.2, 0.8, 0.9], [False, False, True, True]) == 1.0
    assert auroc([0.5, 0.5], [True, False]) == 0.5
    assert np.isnan(auroc([0.1], [True]))
