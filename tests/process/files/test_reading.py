import os
import socket

import pytest

from vae_tf.process.errors import UserError, shown
from vae_tf.process.files.reading import (
    open_regular,
    parse_json,
    read_json,
    read_text,
    require_fields,
)


@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "folder"])
def test_only_files_are_opened(tmp_path, kind, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "log.csv"
    with socket.socket(socket.AF_UNIX) as bound:
        {
            "pipe": lambda: os.mkfifo(path),
            "device": lambda: path.symlink_to("/dev/zero"),
            "socket": lambda: bound.bind("log.csv"),
            "folder": path.mkdir,
        }[kind]()
        with pytest.raises(OSError):
            open_regular(path)
        with pytest.raises(UserError, match=r"log\.csv'"):
            read_text(path)


def test_absence_is_told_apart(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "absent.json")


def test_size_and_encoding(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"12345")
    assert read_text(path, most_bytes=5) == "12345"
    with pytest.raises(UserError, match="larger than 4 bytes"):
        read_text(path, most_bytes=4)
    path.write_bytes(b"\xff\x00")
    with pytest.raises(UserError, match="utf-8"):
        read_text(path)


@pytest.mark.parametrize("depth", [51, 5_000, 200_000])
@pytest.mark.parametrize(("left", "right"), ["[]", ('{"a":', "}")])
def test_depth_is_bounded(depth, left, right):
    with pytest.raises(UserError, match="50 deep"):
        parse_json(left * depth + ("1" if left != "[" else "") + right * depth)


def test_what_is_no_json(tmp_path):
    assert parse_json("[" * 50 + "]" * 50)
    for text in ("", "{", "[1,]", "1" * 5_000, "\x00"):
        with pytest.raises(UserError, match="Not JSON"):
            parse_json(text)
    with pytest.raises(UserError, match="'steps'"):
        parse_json('{"steps": 1, "seed": 2, "steps": 3}')
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(UserError, match=r"a\.json'.*JSON"):
        read_json(tmp_path / "a.json")


def test_fields():
    fields = {"step": int, "best": (float, type(None))}
    assert require_fields({"step": 5, "best": None, "more": 1}, fields)["step"] == 5
    for record, message in [
        ([], "JSON object"),
        ({"step": 5}, "'best' is missing"),
        ({"step": True, "best": None}, "'step' must be int. Received: True"),
        ({"step": 5, "best": "x" * 10**6}, "'best' must be float or NoneType"),
    ]:
        with pytest.raises(UserError, match=message) as caught:
            require_fields(record, fields)
        assert len(str(caught.value)) < 300


def test_values_are_shown_on_a_line():
    assert shown("a\n\x1b[31m") == r"'a\n\x1b[31m'"
    assert shown(0x10**5_000) == "<int>"
    assert shown("\udcff") == r"'\udcff'"
