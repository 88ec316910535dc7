"""Questions put to a saved run: tables (`summary`) and differences of scenarios (`compare`)."""

from simcore.analysis.compare import compare, difference
from simcore.analysis.summary import summarise

__all__ = ["compare", "difference", "summarise"]
