"""Policy timelines: the value of a dated table under a draw's variant and delay (MODEL 4)."""

from __future__ import annotations

from simcore.kernels.jit import inlined


@inlined
def timeline_row(rows, out, inputs, numbers, line):
    """Write one year's value of a policy (MODEL 4.1).

    Parameters
    ----------
    rows : float64 (rows, 256)
    out : int
        Row of the value.
    inputs : int64 (2 + n,)
        Rows of the variant, of the delay, and of n uncertain values.
    numbers : float64 (2*c,)
        Variant and delay of each of the c combinations that can occur.
    line : float64 (2*c,)
        Coefficient of each combination in this year, then the position among `inputs` of the
        uncertain value that multiplies it (-1: none).
    """
    width = rows.shape[1]
    count = numbers.shape[0] // 2
    for c in range(count):
        coefficient, position = line[c], int(line[count + c])
        if c == 0:
            if position < 0:
                for j in range(width):
                    rows[out, j] = coefficient
            else:
                row = inputs[position]
                for j in range(width):
                    rows[out, j] = coefficient * rows[row, j]
            continue
        variant_row, delay_row = inputs[0], inputs[1]
        variant, delay = numbers[2 * c], numbers[2 * c + 1]
        uncertain = inputs[position] if position >= 0 else variant_row
        for j in range(width):
            value = coefficient * rows[uncertain, j] if position >= 0 else coefficient
            chosen = rows[variant_row, j] == variant and rows[delay_row, j] == delay
            rows[out, j] = value if chosen else rows[out, j]
