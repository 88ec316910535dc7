"""Questions put to a saved run: tables (`summary`) and differences of scenarios (`compare`)."""

from simcore.analysis.compare import difference
from simcore.analysis.summary import summarise

__all__ = ["difference", "summarise"]
