"""Where each source can be found: addresses, identifiers, and where they are shown."""

from __future__ import annotations

import re
from collections import Counter
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from simcore.cli import main
from simcore.intake import packaged
from simcore.intake.packaged import TableError
from simcore.intake.packaged.provenance import check_sources
from simcore.report.audit import _named
from simcore.report.method import Cited, cited

SOURCES = packaged.sources()
SAME_DOCUMENT = [
    {"kallanish", "kallanish_2025_11"}, {"mckinsey_2024", "mckinsey_buyers"},
    {"mpp_aluminium", "mpp_ammonia"},
]  # fmt: skip
ACTS = {
    "Implementing Regulation": ("reg_impl", "R"), "Delegated Regulation": ("reg_del", "R"),
    "Regulation": ("reg", "R"), "Directive": ("dir", "L"), "Decision": ("dec", "D"),
}  # fmt: skip


def official(title: str) -> tuple[str, str] | None:
    """Address and identifier of a numbered act, worked out from its title."""
    act = re.match(rf"({'|'.join(ACTS)}) (?:\(EU\) )?(\d{{4}})/(\d+)\b", title)
    if act:
        kind, letter = ACTS[act[1]]
        celex = f"3{act[2]}{letter}{int(act[3]):04}"
        return f"https://eur-lex.europa.eu/eli/{kind}/{act[2]}/{act[3]}/oj", f"CELEX {celex}"
    paper = re.match(r"(COM|SWD)\((\d{4})\) (\d+)\b", title)
    if paper:
        celex = f"5{paper[2]}{ {'COM': 'PC', 'SWD': 'SC'}[paper[1]] }{int(paper[3]):04}"
        page = f"https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:{celex}"
        return page, f"CELEX {celex}"
    instrument = re.match(r"Statutory Instrument (\d{4})/(\d+)\b", title)
    if instrument:
        number = f"{instrument[1]}/{instrument[2]}"
        return f"https://www.legislation.gov.uk/uksi/{number}", f"SI {number}"
    return None


NUMBERED = {key: told for key, one in SOURCES.items() if (told := official(one["title"]))}


def test_numbered_acts_stand_where_their_number_says() -> None:
    assert len(NUMBERED) == 15
    told = {key: (SOURCES[key].get("url"), SOURCES[key].get("identifier")) for key in NUMBERED}
    assert told == NUMBERED


def test_an_address_is_one_and_names_one_document() -> None:
    taken: dict[str, set[str]] = {}
    for key, one in SOURCES.items():
        if "url" in one:
            parts = urlsplit(one["url"])
            assert parts.scheme == "https" and "." in str(parts.hostname), key
            assert parts.username is None and parts.port is None and not parts.fragment, key
            assert parts.path.strip("/") or parts.query, f"{key}: a site, not a page"
            taken.setdefault(one["url"], set()).add(key)
    assert sorted(map(sorted, (one for one in taken.values() if len(one) > 1))) == sorted(
        map(sorted, SAME_DOCUMENT)
    )
    named = Counter(one["identifier"] for one in SOURCES.values() if "identifier" in one)
    assert set(named.values()) == {1}


def test_papers_and_models_are_named_to_the_edition() -> None:
    for key, one in SOURCES.items():
        if one.get("identifier", "").startswith("doi:"):
            assert one["url"] == f"https://doi.org/{one['identifier'][4:]}", key
        commit = re.search(r"commit ([0-9a-f]{7})|mpp-shared-code, ([0-9a-f]{7})", one["title"])
        if commit:
            assert f"/tree/{commit[1] or commit[2]}" in one["url"], key


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "http://example.org/a"}, "url 'http://example.org/a'; expected an address"),
        ({"url": "https://example.org/a b"}, "expected an address"),
        ({"url": "https://example.org/(a)"}, "expected an address"),
        ({"url": 'https://example.org/"a'}, "expected an address"),
        ({"url": "https://localhost/a"}, "expected an address"),
        ({"url": "https://example.org/a\n"}, "expected an address"),
        ({"url": 7}, "url 7; expected a text"),
        ({"url": ""}, "url ''; expected a text"),
        ({"identifier": " "}, "identifier ' '; expected a text"),
        ({"identifier": 2026}, "identifier 2026; expected a text"),
        ({"link": "https://example.org/a"}, "field 'link'; expected one of title"),
    ],
)
def test_what_is_no_address_is_refused(change: dict[str, Any], said: str) -> None:
    entry = {"title": "A", "publisher": "B", "date": "2026", "kind": "press", "note": "C"}
    check_sources("sources.yaml", {"one": {**entry, "url": "https://example.org/a?b=c:d"}})
    with pytest.raises(TableError, match=re.escape(said)):
        check_sources("sources.yaml", {"one": {**entry, **change}})


def told(*keys: str) -> dict[str, Cited]:
    config = {"values": [{"value": 1, "source": key} for key in keys]}
    reading = SimpleNamespace(config=config, attrs={"sources": "[]"})
    return {one.key: one for one in cited(reading, SOURCES)}  # type: ignore[arg-type]


def test_readers_are_led_to_the_page() -> None:
    one = told("reg_2023_956")["reg_2023_956"]
    url, identifier = NUMBERED["reg_2023_956"]
    assert (one.link, one.identifier) == (url, identifier)
    assert f"]({url}), " in _named(one) and _named(one).endswith(identifier)


def test_a_source_of_ones_own_may_be_an_address() -> None:
    own = ("https://example.org/page?a=1", "our survey", "https://x) [b](c", "javascript:alert(1)")
    links = {key: one.link for key, one in told(*own).items()}
    assert links == {own[0]: own[0], own[1]: "", own[2]: "", own[3]: ""}


def test_the_catalog_shows_where_a_source_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", "sources", "com_2026_616"]) == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in NUMBERED["com_2026_616"])
