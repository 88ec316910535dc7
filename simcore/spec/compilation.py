"""Quantities of a config as marginals, columns of CSV files included; each compiled once."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from simcore import distributions
from simcore.spec.findings import Finding
from simcore.spec.quantities import Constant, Empirical, Uncertain

_METADATA = {*Uncertain.model_fields}


def compiled(quantity: Any, folder: Path) -> distributions.Marginal:
    """Compile a quantity in the unit in which it is written.

    Parameters
    ----------
    quantity : Quantity
        Any kind but `factor`.
    folder : Path
        Folder in which a CSV file that it names must lie.

    Returns
    -------
    Marginal

    Raises
    ------
    ValueError
        No distribution has these parameters or quantiles, or the CSV column cannot be used.
    """
    if isinstance(quantity, Constant):
        return distributions.constant(quantity.value)
    if isinstance(quantity, Empirical) and quantity.csv is not None:
        values = column(folder, quantity.csv, quantity.column)
        return _finite({"kind": "empirical", "values": values})
    return _compiled(quantity.model_dump_json(exclude=_METADATA))


@lru_cache(maxsize=4096)
def _compiled(text: str) -> distributions.Marginal:
    content = json.loads(text)
    if "quantiles" in content:
        content["quantiles"] = {float(key): value for key, value in content["quantiles"].items()}
    return _finite(content)


def _finite(content: dict[str, Any]) -> distributions.Marginal:
    """Compile what has finite parameters; extreme ones overflow on the way."""
    with np.errstate(all="ignore"):
        try:
            marginal = distributions.compile_distribution(content)
        except (ArithmeticError, AssertionError) as error:
            raise ValueError(f"numbers too extreme for a {content['kind']}") from error
    every = (marginal.params, marginal.pool, marginal.central, marginal.mean)
    if not all(np.isfinite(one).all() for one in every):
        raise ValueError(f"numbers too extreme for a {content['kind']}")
    return marginal


class Folder(type(Path())):  # type: ignore[misc]
    """The folder of a config, and others from which it may read files as well.

    A path like any other, so that whoever has one can ask what it contains.
    """

    allowed: tuple[Path, ...] = ()

    @classmethod
    def of(cls, path: Path, allowed: Sequence[str | Path] = ()) -> Folder:
        """Make the folder of a config."""
        folder: Folder = cls(path)
        folder.allowed = tuple(Path(one).resolve() for one in allowed)
        return folder


def contained(folder: Path, name: str) -> Path | None:
    """The path of a file named in a config, or None where it leaves the config's folder.

    Folders that the command line allows (`Folder.allowed`) belong to it.
    """
    try:
        path = Path(folder, name).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    roots = (Path(folder).resolve(), *getattr(folder, "allowed", ()))
    return path if any(path.is_relative_to(root) for root in roots) else None


def file_fault(
    path: tuple[Any, ...], folder: Path, name: str, *, expected: str = "an existing CSV file"
) -> Finding | None:
    """Why a file named in a config cannot be opened; None where it can.

    Parameters
    ----------
    path : tuple
        Where in the config the name stands.
    folder : Path
        Folder of the config.
    name : str
        File, relative to it.
    expected : str
        What would do.
    """
    file = contained(folder, name)
    if file is None:
        return Finding(
            path, name, "a file in the folder of the config",
            "move the file beside the config, or allow its folder: --allow-outside DIR",
        )
    if not file.is_file():
        return Finding(
            path, f"no file {name}", expected, "correct the name; it is relative to the config"
        )
    return None


def column(
    folder: Path, name: str, label: str | None, *, in_order: bool = False
) -> list[float]:
    """Numbers of one column of a CSV file.

    Parameters
    ----------
    folder : Path
        Folder of the config.
    name : str
        File, relative to it.
    label : str
        Heading of the column.
    in_order : bool
        The order counts: no cell between two numbers may be empty.

    Returns
    -------
    list of float
        Empty cells left out.

    Raises
    ------
    ValueError
        The file lies elsewhere or cannot be read, or the column holds something else than finite
        numbers.
    """
    path = contained(folder, name)
    if path is None:
        raise ValueError(f"{name} lies outside the folder of the config")
    values: list[float] = []
    hole = 0
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.DictReader(stream)
            if label not in (rows.fieldnames or ()):
                known = ", ".join(rows.fieldnames or ()) or "none"
                raise ValueError(f"{name} has no column {label!r}; its columns: {known}")
            for row in rows:
                cell = (row[label] or "").strip()
                if cell:
                    if hole and values and in_order:
                        raise ValueError(f"{name}:{hole}: an empty cell between two numbers")
                    values.append(_number(cell, f"{name}:{rows.line_num}"))
                hole = 0 if cell else rows.line_num
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{name} cannot be read: {error}") from None
    if not values:
        raise ValueError(f"{name}: column {label!r} is empty")
    return values


def _number(cell: str, where: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{where}: {cell[:40]!r} is not a finite number")
    return number
