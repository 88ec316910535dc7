"""Carbon cost per tonne at home and at the EU border (MODEL 5)."""

from __future__ import annotations

from simcore.kernels.jit import inlined


@inlined
def charged(covered: float, intensity: float, allocation: float, benchmark: float) -> float:
    """Allowances to buy per tonne: covered*(e1 - phi*CSCF*BM); negative: a surplus."""
    return covered * (intensity - allocation * benchmark)


@inlined
def credited(intensity: float, share: float) -> float:
    """Emissions that count: of those below zero, the share that is credited."""
    return intensity if intensity > 0.0 else share * intensity


@inlined
def cbam(price: float, covered: float, gap: float, paid: float) -> float:
    """covered * max(0, price*(embedded - phi*CSCF*BM) - paid): never negative, no refund."""
    return covered * max(0.0, price * gap - paid)


@inlined
def charged_with_precursors(plant, border, precursor, allocation, benchmark):
    """Charged emissions of the plant plus the imported precursor's at the border."""
    return plant + border * max(0.0, precursor - allocation * benchmark)


@inlined
def shuffled(emissions, share, clean):
    """A share of the tonnes is swapped for clean ones at the border."""
    return (1.0 - share) * emissions + share * min(emissions, clean)


@inlined
def charged_at_border(emissions, allocation, benchmark):
    """Embedded emissions above the allowance, t/t."""
    return emissions - allocation * benchmark


@inlined
def paid_at_home(home, recognised):
    """Carbon price paid at home that counts at the border; none for a surplus."""
    return max(0.0, home) * recognised
