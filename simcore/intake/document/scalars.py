"""How one YAML scalar is read and written: YAML 1.2, less what readers disagree about.

`1e-9` is a number and `NO` is a text; `1_000`, `010` and `.nan` are refused.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final

Key = str | int | float
Scalar = str | int | float | bool | None

MAX_NUMBER_LENGTH: Final = 64

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"\.nan|[-+]?\.inf|nan|[-+]?inf(inity)?", re.IGNORECASE)
# Spellings that YAML versions, or readers of YAML, take for different numbers.
_AMBIGUOUS: Final = re.compile(
    r"[-+]?(0[0-9_]+(\.[0-9_]*)?([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F_]+|0b[01_]+"
    r"|[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?)"
)
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./%()*+-]*( [A-Za-z0-9_./%()*+-]+)*")
_YAML_1_1_BOOL: Final = frozenset({"y", "n", "yes", "no", "on", "off"})
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def resolve(text: str) -> tuple[Scalar, tuple[str, str] | None]:
    """Read a plain scalar, without quotes, by the rules of this package.

    Returns
    -------
    value : str, int, float, bool or None
        The value; None when there is a problem.
    problem : tuple of str, or None
        What was expected, and the remedy.
    """
    if text in _NULL:
        return None, None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE, None
    if len(text) > MAX_NUMBER_LENGTH:
        # The patterns below, and long numbers themselves, are slow on long texts.
        if text.strip("+-.0123456789eE") or not re.search("[0-9]", text):
            return text, None
        return None, (
            f"a number of at most {MAX_NUMBER_LENGTH} characters",
            "write fewer digits; quote a text",
        )
    if _INT.fullmatch(text):
        return int(text), None
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            return None, ("a finite number", "write a number below 1.8e308")
        return number, None
    if _NOT_FINITE.fullmatch(text):
        return None, (
            "a finite number",
            f"write a finite number, leave the entry out, or quote it if it is a text: '{text}'",
        )
    if _AMBIGUOUS.fullmatch(text):
        return None, (
            "a number in plain decimal digits",
            f"write 1000 rather than 1_000, 8 rather than 010; quote a text: '{text}'",
        )
    return text, None


def resolve_tagged(text: str, tag: str) -> tuple[Scalar, tuple[str, str] | None]:
    """Read a scalar with a core tag (`str`, `int`, `float`, `bool`, `null`), as `resolve` does."""
    if tag == "str":
        return text, None
    value, problem = resolve(text)
    if problem is not None:
        return None, problem
    if tag == "float" and type(value) is int:
        return float(value), None
    if tag != ("null" if value is None else type(value).__name__):
        return None, (f"a value of its tag !!{tag}", "remove the tag")
    return value, None


def spell(value: Scalar) -> str:
    """Write a scalar on one line so that `resolve`, and any YAML reader, gives it back.

    A float is written by `repr`, so it comes back to the bit; text is quoted only where it must be.

    Raises
    ------
    ValueError
        A number is not finite.
    TypeError
        The value is not a scalar.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _spell_text(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value!r} is not finite and cannot be written")
        digits = float.__repr__(value)
        # YAML 1.1 readers take 1e-09 for a text and 1.0e-09 for a number.
        return digits if "." in digits else digits.replace("e", ".0e")
    raise TypeError(f"a {type(value).__name__} cannot be written; give plain data")


@lru_cache(maxsize=4096)
def _spell_text(text: str) -> str:
    if (
        _PLAIN.fullmatch(text)
        and text.lower() not in _YAML_1_1_BOOL
        and resolve(text) == (text, None)
    ):
        return text
    return '"' + "".join(_ESCAPES.get(c) or _escape(c) for c in text) + '"'


def _escape(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
