import re
from html.parser import HTMLParser

import pytest
from hearing_aids import example_with_clicks, write_sounds

from sonovista.errors import InputError
from sonovista.simulate.inspection import write_sheet
from sonovista.simulate.sounds import DrySounds
from sonovista.simulate.storage.hm3d_ss import write_example


@pytest.fixture
def data(tmp_path):
    for i in range(2):
        write_example(tmp_path / "room" / f"pair-000{i}", example_with_clicks(sources=2, seed=i))
    return tmp_path


def test_every_example_has_its_pictures_curves_and_plan(data):
    write_sheet(data / "sheet.html", data, ["room/pair-0000", "room/pair-0001"], title="two <examples>")
    sheet = (data / "sheet.html").read_text()
    HTMLParser().feed(sheet)
    assert sheet.count("<section>") == 2
    assert sheet.count("data:image/jpeg;base64,") == 6
    assert sheet.count('aria-label="plan"') == 2
    assert sheet.count('class="l"') == sheet.count('class="r"') == 6
    assert sheet.count("<circle") == 4
    assert "two &lt;examples&gt;" in sheet


def test_it_needs_nothing_else(data):
    write_sheet(data / "sheet.html", data, ["room/pair-0000"])
    sheet = (data / "sheet.html").read_text()
    assert not re.search(r'(src|href)="(?!data:)', sheet)
    assert "<audio" not in sheet


def test_it_can_be_listened_to_where_there_are_sounds(data, tmp_path):
    sounds = DrySounds(write_sounds(tmp_path / "sounds"))
    write_sheet(data / "sheet.html", data, ["room/pair-0000"], sounds)
    assert (data / "sheet.html").read_text().count("data:audio/flac;base64,") == 3


def test_a_missing_example_is_named(data):
    with pytest.raises(InputError, match="pair-0009"):
        write_sheet(data / "sheet.html", data, ["room/pair-0009"])
