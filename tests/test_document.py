"""YAML is plain data with lines; hostile or ambiguous files are refused; dumps come back."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simcore.errors import ConfigError, Fault
from simcore.intake import document
from simcore.intake.document import composer, dump, fault_at, line_of, parse, read


@pytest.fixture(params=["CSafeLoader", pytest.param("SafeLoader", marks=pytest.mark.long)])
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test with the C parser, and with the one in Python, which is ten times slower."""
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML without libyaml")
    monkeypatch.setattr(document, "_LOADER", getattr(yaml, request.param))


def faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text, "f.yaml")
    assert all(fault.file == "f.yaml" for fault in caught.value.faults)
    return caught.value.faults


pytestmark = pytest.mark.usefixtures("_loader")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1), ("-3", -3), ("+3", 3), ("0", 0), ("2026", 2026),
        ("1.5", 1.5), (".5", 0.5), ("-.5", -0.5), ("1.", 1.0), ("1e3", 1000.0), ("1e-9", 1e-9),
        ("1E+3", 1000.0), ("6.02e23", 6.02e23), ("0.0", 0.0),
        ("true", True), ("False", False), ("TRUE", True),
        ("null", None), ("~", None), ("", None),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("NO", "NO"), ("y", "y"),
        ("2026-01-01", "2026-01-01"), ("12:30:45", "12:30:45"), ("1.2.3", "1.2.3"),
        ("8 USD/MMBtu", "8 USD/MMBtu"), ("=", "="), ("e3", "e3"), (".", "."), ("-", [None]),
        ('"1"', "1"), ("'nan'", "nan"), ('".inf"', ".inf"), ("'1_000'", "1_000"), ('""', ""),
        ("!!str 1", "1"), ("!!float 1", 1.0), ("!!int 1", 1), ("! 1", "1"), ("!!null ~", None),
        ("[1, a]", [1, "a"]), ("{a: {b: 1}}", {"a": {"b": 1}}), ("{}", {}), ("[]", []),
        ("nanometre", "nanometre"), ("infinite", "infinite"), ("_1", "_1"), ("e" * 80, "e" * 80),
    ],
)  # fmt: skip
def test_scalars(written: str, value: object) -> None:
    found = parse(f"key: {written}" if written != "-" else "key:\n -", "f.yaml").data["key"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "written",
    [".nan", ".NaN", "nan", "NaN", ".inf", "-.inf", "+.Inf", "inf", "-inf", "Infinity", "1e999"],
)
def test_numbers_that_are_not_finite_are_refused(written: str) -> None:
    (fault,) = faults(f"a: 1\nb:\n  c: {written}\n")
    assert (fault.where, fault.line, fault.found) == ("b.c", 3, written)
    assert fault.expected == "a finite number"


@pytest.mark.parametrize("written", ["1_000", "010", "0x1F", "0o17", "0b1", "1_0.5", "-007"])
def test_ambiguous_numbers_are_refused(written: str) -> None:
    (fault,) = faults(f"a: {written}")
    assert (fault.where, fault.line, fault.found) == ("a", 1, written)
    assert "quote" in fault.remedy


@pytest.mark.parametrize("written", ["9" * 65, "1." + "0" * 70, "-" + "1" * 5000])
def test_endless_numbers_are_refused(written: str) -> None:
    (fault,) = faults(f"a: {written}")
    assert "64 characters" in fault.expected


def test_lines_are_those_of_the_keys() -> None:
    read_back = parse(
        "# a comment\n\ntitle: x\nmarkets:\n  eu_ets:\n    anchors: {2030: 1,\n      2040: 2}\n"
        "routes:\n  - a\n  -\n    b: 1\n",
        "f.yaml",
    )
    assert read_back.lines == {
        (): 3,
        ("title",): 3,
        ("markets",): 4,
        ("markets", "eu_ets"): 5,
        ("markets", "eu_ets", "anchors"): 6,
        ("markets", "eu_ets", "anchors", 2030): 6,
        ("markets", "eu_ets", "anchors", 2040): 7,
        ("routes",): 8,
        ("routes", 0): 9,
        ("routes", 1): 11,
        ("routes", 1, "b"): 11,
    }
    assert read_back.name == "f.yaml"


def test_line_of_falls_back_to_the_nearest_part_in_the_file() -> None:
    read_back = parse("a: 1\nb:\n  c: 1\n", "f.yaml")
    assert line_of(read_back, ("b", "c")) == 3
    assert line_of(read_back, ("b", "missing", "deep")) == 2
    assert line_of(read_back, ("missing",)) is None
    assert line_of(read_back, ()) == 1


def test_fault_at_knows_file_and_line() -> None:
    read_back = parse("a: 1\nb:\n  c: 1\n", "f.yaml")
    fault = fault_at(read_back, ("b", "c"), found="1", expected="2", remedy="write 2")
    assert fault == Fault("b.c", "1", "2", "write 2", "f.yaml", 3)


def test_keys_may_be_names_years_and_probabilities() -> None:
    data = parse("{a: 1, 2026: 2, 0.1: 3, on: 4, '1': 5, 1: 6}", "f.yaml").data
    assert data == {"a": 1, 2026: 2, 0.1: 3, "on": 4, "1": 5, 1: 6}


@pytest.mark.parametrize("key", ["true", "null", "~", ".nan", "1_000", "!!binary x", "&a k"])
def test_other_keys_are_refused(key: str) -> None:
    (fault,) = faults(f"a: 1\nb:\n  {key}: 1\n  c: 2\n")
    assert (fault.where, fault.line) == ("b", 3)


@pytest.mark.parametrize("key", ["[a]", "{a: 1}", "[]"])
def test_keys_that_are_collections_are_refused(key: str) -> None:
    (fault,) = faults(f"a: 1\n? {key}\n: 1\n")
    assert fault.line == 2


def test_long_keys_are_refused() -> None:
    (fault,) = faults(f"{'k' * (composer.MAX_KEY_LENGTH + 1)}: 1")
    assert "101 characters" in fault.found


@pytest.mark.parametrize("keys", [("a", "a"), ("2026", "2026"), ("1", "1.0"), ("a", '"a"')])
def test_duplicate_keys_name_both_lines(keys: tuple[str, str]) -> None:
    (fault,) = faults(f"x:\n  {keys[0]}: 1\n  other: 2\n  {keys[1]}: 3\n")
    assert fault.line == 4
    assert "line 2" in fault.found
    assert "line 4" in fault.found


def test_every_fault_is_gathered() -> None:
    found = faults("a: .nan\nb: {c: 1, c: 2}\nd: !!python/name:os.system x\n<<: 1\nf: [inf]\n")
    assert [(fault.where, fault.line) for fault in found] == [
        ("a", 1),
        ("b.c", 2),
        ("d", 3),
        ("<<", 4),
        ("f.0", 5),
    ]


def test_merge_keys() -> None:
    """As YAML 1.1 has them: keys written out win, then the first mapping of a list."""
    read = parse("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc:\n  <<: [*a, {x: 7, z: 9}]\n", "f")
    assert read.data["b"] == {"x": 1, "y": 3}
    assert read.data["c"] == {"x": 1, "y": 2, "z": 9}
    assert (read.lines["b", "x"], read.lines["b", "y"]) == (1, 4)
    assert parse("'<<': 1\n", "f").data == {"<<": 1}
    assert [one.where for one in faults("a: {<<: 1, <<: {b: 1}}\n")] == ["a.<<", "a.<<"]


def test_merge_keys_keep_the_limits() -> None:
    """Mappings merged again and again count as if they were written out."""
    bomb = "a0: &a0 {" + ", ".join(f"k{n}: [1, 1, 1, 1, 1]" for n in range(400)) + "}\n"
    bomb += "".join(f"b{n}:\n  <<: *a0\n  own: 1\n" for n in range(45))
    (fault,) = faults(bomb)
    assert "more than 100,000 keys and values" in fault.found


@pytest.mark.parametrize(
    "tagged",
    [
        "!!python/object/apply:os.system ['true']",
        "!!python/name:os.system x",
        "!custom x",
        "!!timestamp 2026-01-01",
        "!!binary aGk=",
        "!!set {a: 1}",
        "!!omap [a: 1]",
        "!!str [a]",
        "!!map [a]",
        "!!int a",
        "!!bool 1",
        "!!int 1.5",
    ],
)
def test_tags_other_than_the_core_ones_are_refused(tagged: str) -> None:
    found = faults(f"a: 1\nb: {tagged}\n")
    assert (found[0].where, found[0].line) == ("b", 2)


def test_aliases_are_copies() -> None:
    data = parse("a: &x {k: [1]}\nb: *x\n", "f.yaml").data
    assert data == {"a": {"k": [1]}, "b": {"k": [1]}}
    assert data["a"] is not data["b"]
    assert data["a"]["k"] is not data["b"]["k"]


def test_alias_bombs_are_refused_before_they_go_off() -> None:
    rows = ["a0: &a0 [" + ", ".join(["x"] * 9) + "]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 5)}]" for i in range(1, 10)]
    (fault,) = faults("\n".join(rows))
    assert "100,000" in fault.found
    assert fault.line is not None


def test_too_many_aliases_are_refused() -> None:
    accepted = "a: &a 1\n" + "\n".join(f"b{i}: *a" for i in range(composer.MAX_ALIASES))
    assert len(parse(accepted, "f.yaml").data) == composer.MAX_ALIASES + 1
    (fault,) = faults(accepted + "\nc: *a\n")
    assert "50 aliases" in fault.found
    assert fault.line == composer.MAX_ALIASES + 2


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}", "a: *missing"])
def test_endless_and_unknown_aliases_are_refused(text: str) -> None:
    (fault,) = faults(text)
    assert fault.line == 1
    assert "alias" in fault.found


def nested(levels: int) -> str:
    return "a: " + "[" * (levels - 1) + "]" * (levels - 1)


def test_depth_is_limited() -> None:
    parse(nested(composer.MAX_DEPTH), "f.yaml")
    for levels in (composer.MAX_DEPTH + 1, 900, 100_000):
        (fault,) = faults(nested(levels))
        assert "40 levels" in fault.found


def test_depth_counts_what_aliases_add() -> None:
    half = "[" * 25 + "]" * 25
    parse(f"a: &a {half}\nb: {'[' * 14}*a{']' * 14}\n", "f.yaml")
    (fault,) = faults(f"a: &a {half}\nb: {'[' * 15}*a{']' * 15}\n")
    assert "40 levels" in fault.found


def test_nodes_are_limited() -> None:
    (fault,) = faults("a: [" + "1," * composer.MAX_NODES + "]")
    assert "100,000" in fault.found


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "~", "--- null\n..."])
def test_empty_files_are_refused(text: str) -> None:
    (fault,) = faults(text)
    assert "empty" in fault.found


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text", "42", "[]"])
def test_the_top_is_a_mapping(text: str) -> None:
    (fault,) = faults(text)
    assert fault.line == 1
    assert "mapping" in fault.expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb:\n\tc: 1\n", 3),
        ("a: 1\nb: [1, 2\nc: 3\n", 3),
        ("a: b: c\n", 1),
        ("a: 1\n  b: 2\n", 2),
        ("a: 'open\n", 2),
        ("a: @x\n", 1),
        ("a: 1\n---\nb: 2\n", 2),
    ],
)
def test_syntax_errors_name_the_line(text: str, line: int) -> None:
    (fault,) = faults(text)
    assert fault.line == line
    assert fault.found
    assert fault.remedy


def test_a_tab_is_named() -> None:
    (fault,) = faults("a: 1\nb:\n\tc: 1\n")
    assert "spaces, not tabs" in fault.remedy


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\ud800", "\ufffe"])
def test_control_characters_are_refused(character: str) -> None:
    (fault,) = faults(f"a: 1\nb: x{character}y\n")
    assert fault.line == 2
    assert fault.expected == "a text file"


@pytest.mark.parametrize("escape", [r"\0", r"\e[31m", r"\x07", r"\x9b"])
def test_escaped_control_characters_are_refused(escape: str) -> None:
    (fault,) = faults(f'a: 1\nb: "x{escape}"\n')
    assert (fault.where, fault.line) == ("b", 2)


def test_read_gives_the_same_as_parse(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufefftitle: Stahl für Zürich €\r\nyears: [2026]\r\n".encode())
    read_back = read(path)
    assert read_back.data == {"title": "Stahl für Zürich €", "years": [2026]}
    assert read_back.lines["years",] == 2
    assert read_back.name == str(path)
    assert read(str(path)) == read_back


def refused(path: Path) -> Fault:
    with pytest.raises(ConfigError) as caught:
        read(path)
    (fault,) = caught.value.faults
    assert fault.file == str(path)
    return fault


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"a: 1\n" * 1_000_000)
    assert refused(path).found == "more than 1 MB"
    assert faults("a: " + "x" * document.MAX_BYTES)[0].found == "more than 1 MB"


@pytest.mark.parametrize("content", [b"a: \xff\xfe", b"a: 1\nb: \xe9\n", b"\xff\xfea\x00:\x00"])
def test_files_that_are_not_utf8_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    fault = refused(path)
    assert "UTF-8" in fault.expected
    assert fault.line == content.count(b"\n", 0, content.find(b"\xe9")) + 1


def test_binary_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\n\0\0\0")
    assert refused(path).line == 2


def test_a_missing_file_suggests_a_near_one(tmp_path: Path) -> None:
    (tmp_path / "quickstart.yaml").write_text("a: 1")
    assert "quickstart.yaml" in refused(tmp_path / "quickstrat.yaml").remedy
    assert refused(tmp_path / "nowhere" / "a.yaml").found == "no such file"


def test_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path).found == "a folder"
    os.mkfifo(tmp_path / "pipe.yaml")
    assert refused(tmp_path / "pipe.yaml").found == "not a regular file"


def test_paths_that_cannot_exist_are_refused(tmp_path: Path) -> None:
    for name in ("a\0b.yaml", "x" * 5000):
        assert "cannot be read" in refused(tmp_path / name).found


def test_long_texts_are_read_in_linear_time() -> None:
    # Patterns that backtrack would take hours on these.
    for text in ("1_" * 400_000 + "x", "1" * 800_000 + "x", "0" * 800_000 + ".", "-" * 900_000):
        try:
            parse(f"a: x\nb: {text}\n", "f.yaml")
        except ConfigError as error:
            assert len(error.faults) == 1


TEXT = st.text(
    st.characters(
        exclude_categories=["Cs"],
        exclude_characters=[chr(c) for c in (*range(9), *range(11, 13), *range(14, 32))]
        + [chr(c) for c in (*range(0x7F, 0x85), *range(0x86, 0xA0), 0xFFFE, 0xFFFF)],
    ),
    max_size=60,
)
TRICKY = st.sampled_from(
    [
        "",
        " ",
        "\n",
        "a\nb",
        "a\nb\n",
        "a\n\nb",
        "a\n  b\n",
        " a\nb",
        "a\n \nb",
        "a\nb\n\n",
        "a\tb\nc",
    ]
    + ["nan", ".inf", "1e3", "1_000", "010", "yes", "NO", "null", "~", "true", "2026-01-01", "1:30"]
    + ["- a", "a: b", "a #b", "#a", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "? a", "[a", "{a"]
    + ["---", "...", "a,b", "'", '"', "\\", "a:", "a ", "<<", "=", "é", "\x85", "\u2028", "\ufeff"]
    + ["\U0001f600", "\r", "a\rb", "8 USD/MMBtu", "EUR/(t/yr)", "a\n#b\n", "# x\ny", "a: b\nc: d"]
)
STRING = TEXT | TRICKY
NUMBER = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**60), 10**60)
KEY = STRING | st.integers(0, 3000) | st.floats(0, 1)
DATA = st.recursive(
    STRING | NUMBER | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEY, inner, max_size=5),
    max_leaves=25,
)


def same(left: object, right: object) -> bool:
    """Whether two values are equal in type, order and, for floats, bits."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return same(list(left.items()), [tuple(item) for item in right.items()])
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return struct.pack("<d", left) == struct.pack("<d", right)
    return left == right


# The fixture chooses the parser; it holds for every example of a test.
_EITHER_LOADER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)


@_EITHER_LOADER
@given(st.dictionaries(KEY, DATA, max_size=5))
def test_what_is_dumped_is_read_back(data: dict[str | int | float, object]) -> None:
    text = dump(data)
    assert same(parse(text, "f.yaml").data, data), text


@_EITHER_LOADER
@given(st.dictionaries(KEY, DATA, max_size=5))
def test_other_yaml_readers_read_the_same(data: dict[str | int | float, object]) -> None:
    text = dump(data)
    assert same(yaml.load(text, Loader=document._LOADER), data), text


FRAGMENT = st.sampled_from(
    ["a", "b", "1", ".nan", ": ", "- ", "\n", "  ", "\t", "&a ", "*a", "!!str ", "!x ", "? ", "<<"]
    + ["{", "}", "[", "]", ",", "'", '"', "|", ">", "#", "---\n", "...\n", "%YAML 1.1\n", "\\", "@"]
)


@_EITHER_LOADER
@given(st.text(max_size=80) | st.lists(FRAGMENT, max_size=40).map("".join))
def test_any_text_is_a_document_or_a_config_error(text: str) -> None:
    try:
        data = parse(text, "f.yaml").data
    except ConfigError as error:
        assert str(error)
    else:
        assert same(parse(dump(data), "f.yaml").data, data)


def test_dump_is_readable() -> None:
    data = {
        "title": "What a tonne carries",
        "note": "first line\nsecond: line\n",
        "seed": 20261122,
        "tiny": 1e-9,
        "years": {"first": 2026, "last": 2050},
        "regions": ["EU", "UK", "NO"],
        "catalog": {"markets": {"eu_ets": {"spot": {"year": 2025, "value": 73.0}, "anchors": {}}}},
        "scenarios": [{"name": "law", "overlay": {"a": [1]}}, "plain"],
        "long": ["x" * 40, "y" * 40, "z" * 40],
    }
    assert dump(data) == (
        "title: What a tonne carries\n"
        "note: |\n"
        "  first line\n"
        "  second: line\n"
        "seed: 20261122\n"
        "tiny: 1.0e-09\n"
        "years: {first: 2026, last: 2050}\n"
        'regions: [EU, UK, "NO"]\n'
        "catalog:\n"
        "  markets:\n"
        "    eu_ets:\n"
        "      spot: {year: 2025, value: 73.0}\n"
        "      anchors: {}\n"
        "scenarios:\n"
        "  - name: law\n"
        "    overlay:\n"
        "      a: [1]\n"
        "  - plain\n"
        "long:\n"
        f"  - {'x' * 40}\n"
        f"  - {'y' * 40}\n"
        f"  - {'z' * 40}\n"
    )
    assert same(parse(dump(data), "f.yaml").data, data)


def test_dump_repeats_what_is_shared() -> None:
    shared = {"a": [1, 2]}
    assert parse(dump({"x": shared, "y": shared}), "f.yaml").data == {"x": shared, "y": shared}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_dump_refuses_numbers_that_are_not_finite(value: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        dump({"a": [value]})


@pytest.mark.parametrize("value", [{1, 2}, object(), b"x", 1j])
def test_dump_refuses_what_is_not_plain(value: object) -> None:
    with pytest.raises(TypeError, match="plain data"):
        dump({"a": {"b": value}})
    with pytest.raises(TypeError, match="key"):
        dump({"a": {None: 1}})
