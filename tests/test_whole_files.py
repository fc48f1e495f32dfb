"""A file is there whole or not at all."""

import errno

import pytest

from sonovista.errors import InputError
from sonovista.whole_files import whole_file


@pytest.mark.parametrize("to_disk", [False, True])
def test_what_was_written_takes_the_name(tmp_path, to_disk):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with whole_file(path, to_disk) as temporary:
        temporary.write_text("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError), whole_file(path) as temporary:
        temporary.write_text("half" * 10_000 + "\ud800", encoding="utf-8")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "no-folder" / "a.txt"
    with pytest.raises(InputError, match=r"a\.txt: cannot be written: No such file"), whole_file(path) as temporary:
        temporary.write_text("text")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "folder").write_text("a file")
    path = tmp_path / "folder" / "a.txt"
    with pytest.raises(InputError, match=r"a\.txt: cannot be written: Not a directory"), whole_file(path) as temporary:
        temporary.write_text("text")


@pytest.mark.parametrize(("number", "said"), [(errno.ENOSPC, "found it full"), (errno.EACCES, "permission")])
def test_what_the_machine_refuses_is_said(tmp_path, number, said):
    path = tmp_path / "a.txt"
    with pytest.raises(InputError, match=rf"a\.txt: expected .*{said}") as refused, whole_file(path):
        raise OSError(number, "as the machine has it")
    assert isinstance(refused.value.__cause__, OSError)
    assert not path.exists()
