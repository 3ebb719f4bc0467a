"""Rows of vector lanes: sorting networks on many lists at once, as numba intrinsics.

A space is a flat array of int32 or int64 seen as rows of 64 bytes: 16 or 8 lanes, one instance a
lane, so that entry k of all their lists lies in one row. A compare-exchange of two rows is one
vector minimum and one maximum, whatever the data. LLVM vectorises such a loop only when it can
prove that rows do not overlap; written as vectors it has nothing to prove, and on a machine with
shorter vectors it splits them. Every function here takes rows by number, works in registers on up
to 16 of them and stores them again.

Bitonic merging (Batcher 1968, doi:10.1145/1468075.1468121): an ascending list followed by a
descending one is sorted by compare-exchanges at strides m, m/2, ..., 1.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from slth.solvers.kernels.compiled import config
from slth.solvers.mitm.line.plain import PlainRows

ROW_BYTES = 64  # one cache line, and the longest vector in use
SEED = 4  # candidates whose 2^4 sums `seed` sorts in registers
OPEN = 8  # `open_merge` does the strides m, m/2, m/4, m/8
TAIL = 16  # rows of the last four stages, and of a `scan`
MATCH = 4  # rows of a `match`


class _Rows:
    """The rows of a numba array inside an intrinsic."""

    def __init__(self, context: Any, builder: Any, array_type: Any, value: Any) -> None:
        self.builder = builder
        self.data = context.make_array(array_type)(context, builder, value).data
        self.item = ir.IntType(array_type.dtype.bitwidth)
        self.bits = self.item.width
        self.lanes = 8 * ROW_BYTES // self.bits
        self.vector = ir.VectorType(self.item, self.lanes)

    def _at(self, row: Any) -> Any:
        entry = self.builder.mul(row, ir.Constant(row.type, self.lanes))
        return self.builder.bitcast(self.builder.gep(self.data, [entry]), self.vector.as_pointer())

    def load(self, row: Any) -> Any:
        return self.builder.load(self._at(row), align=self.item.width // 8)

    def store(self, value: Any, row: Any) -> None:
        self.builder.store(value, self._at(row), align=self.item.width // 8)

    def all_lanes(self, value: int) -> Any:
        return ir.Constant(self.vector, [value] * self.lanes)

    def number(self, k: int) -> Any:
        return ir.Constant(ir.IntType(64), k)

    def spread(self, number: Any) -> Any:
        """A number that is known at run time, in all lanes."""
        b = self.builder
        start = b.trunc(number, self.item) if self.bits < 64 else number
        undefined = ir.Constant(self.vector, ir.Undefined)
        name = b.insert_element(undefined, start, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return b.shuffle_vector(name, undefined, zeros)


Rows = _Rows | PlainRows


def _row_function(arguments: int, emit: Callable[..., None]) -> Any:
    """Make emit(rows, *row numbers) callable as f(space, (row numbers)) in compiled code."""
    if config.DISABLE_JIT:
        return lambda space, numbers: emit(PlainRows(space, ROW_BYTES), *numbers)

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        emit(
            _Rows(context, builder, signature.args[0], values[0]),
            *cgutils.unpack_tuple(builder, values[1]),
        )
        return context.get_dummy_value()

    @intrinsic  # type: ignore[untyped-decorator]
    def function(typing_context: Any, space: Any, numbers: Any) -> Any:
        return types.void(space, types.UniTuple(types.int64, arguments)), code

    return function


def _ordered(builder: Any, a: Any, b: Any) -> tuple[Any, Any]:
    less = builder.icmp_signed("<", a, b)
    return builder.select(less, a, b), builder.select(less, b, a)


def _merge(builder: Any, v: list[Any], stride: int) -> None:
    """Compare-exchanges at stride, stride/2, ..., 1."""
    while stride:
        for i in range(len(v)):
            if not i & stride:
                v[i], v[i | stride] = _ordered(builder, v[i], v[i | stride])
        stride //= 2


def _seed(rows: Rows, start: Any, items: Any, out: Any) -> None:
    """out: the sorted sums start + Σ_S items over S ⊆ [4]: 16 rows."""
    b = rows.builder
    v = [rows.load(start)]
    for k in range(SEED):
        x = rows.load(b.add(items, rows.number(k)))
        v = v + [b.add(a, x) for a in reversed(v)]
        _merge(b, v, len(v) // 2)
    for k, a in enumerate(v):
        rows.store(a, b.add(out, rows.number(k)))


def _open_merge(rows: Rows, p: Any, q: Any, shift: Any, out: Any, column: Any, m: Any) -> None:
    """Strides m, m/2, m/4, m/8 of merging the lists p and q + shift, of m rows each, into out.

    The second list is read backwards. column < m/8: the rows column + j·m/8 of both halves.
    """
    b = rows.builder
    x = rows.load(shift)
    step = b.lshr(m, rows.number(3))
    forth, back = column, b.sub(b.sub(m, rows.number(1)), column)
    low, high, places = [], [], []
    for _ in range(OPEN):
        other = b.add(rows.load(b.add(q, back)), x)
        less, more = _ordered(b, rows.load(b.add(p, forth)), other)
        low.append(less)
        high.append(more)
        places.append(b.add(out, forth))
        forth, back = b.add(forth, step), b.sub(back, step)
    for v, offset in ((low, rows.number(0)), (high, m)):
        _merge(b, v, OPEN // 2)
        for a, place in zip(v, places, strict=True):
            rows.store(a, b.add(place, offset))


def _middle(stages: int) -> Callable[..., None]:
    def emit(rows: Rows, first: Any, stride: Any) -> None:
        """Strides 2^(stages−1)·stride, ..., stride on the rows first + j·stride."""
        b = rows.builder
        places = [b.add(first, b.mul(stride, rows.number(j))) for j in range(1 << stages)]
        v = [rows.load(place) for place in places]
        _merge(b, v, 1 << (stages - 1))
        for a, place in zip(v, places, strict=True):
            rows.store(a, place)

    return emit


def _odd_gaps(rows: Rows, v: list[Any], before: Any) -> list[tuple[Any, Any, Any]]:
    """(gap, whether it is odd, the lower entry) of each entry of v to the one before."""
    b = rows.builder
    gaps = []
    for a in v:
        gap = b.sub(a, before)
        odd = b.icmp_signed("!=", b.and_(gap, rows.all_lanes(1)), rows.all_lanes(0))
        gaps.append((gap, odd, before))
        before = a
    return gaps


def _scan(rows: Rows, first: Any, begin: Any, last: Any, out: Any) -> None:
    """The last four stages on 16 rows; only the least odd gap of neighbours is kept: row ``out``.

    Row ``last`` hands the greatest entry to the next scan; begin ≠ 0: there is none before.
    """
    b = rows.builder
    v = [rows.load(b.add(first, rows.number(j))) for j in range(TAIL)]
    _merge(b, v, TAIL // 2)
    before = b.select(b.icmp_signed("!=", begin, rows.number(0)), v[0], rows.load(last))  # type: ignore[arg-type]
    least: list[Any] = [rows.all_lanes((1 << (rows.bits - 1)) - 1)] * 2  # two chains of minima
    for k, (gap, odd, _) in enumerate(_odd_gaps(rows, v, before)):
        closer = b.and_(odd, b.icmp_signed("<", gap, least[k % 2]))
        least[k % 2] = b.select(closer, gap, least[k % 2])
    rows.store(v[-1], last)
    rows.store(_ordered(b, *least)[0], out)


def _nearest(rows: Rows, first: Any, limit: Any, out: Any) -> None:
    """The odd gaps ≤ limit in 16 rows as `_scan` meets them; first + 16: the 16 rows before them.

    row out: the lower entry of the last such gap; out + 1: the gap; out + 2: how many there are.
    """
    b = rows.builder
    v = [rows.load(b.add(first, rows.number(j))) for j in range(2 * TAIL)]
    before = v[TAIL]
    for a in v[TAIL + 1 :]:
        before = _ordered(b, before, a)[1]
    v = v[:TAIL]
    _merge(b, v, TAIL // 2)
    bound = rows.load(limit)
    lower: Any = rows.all_lanes(0)
    found: Any = lower
    count: Any = lower
    for gap, odd, entry in _odd_gaps(rows, v, before):
        near = b.and_(odd, b.icmp_signed("<=", gap, bound))
        lower, found = b.select(near, entry, lower), b.select(near, gap, found)
        count = b.select(near, b.add(count, rows.all_lanes(1)), count)
    for k, a in enumerate((lower, found, count)):
        rows.store(a, b.add(out, rows.number(k)))


def _add(rows: Rows, row: Any, other: Any, out: Any) -> None:
    rows.store(rows.builder.add(rows.load(row), rows.load(other)), out)


def _subtract(rows: Rows, row: Any, other: Any, out: Any) -> None:
    rows.store(rows.builder.sub(rows.load(row), rows.load(other)), out)


def _match(rows: Rows, first: Any, rest: Any, span: Any, out: Any, number: Any) -> None:
    """Which of 4 rows lie in [rest, rest + span]; in row out the last one, number + 0, ..., 3.

    Row out + 1 counts them. The bounds wrap around, which harms nothing: no two sums that are
    2^32 apart are compared.
    """
    b = rows.builder
    low, width = rows.load(rest), rows.load(span)
    place, count = rows.load(out), rows.load(b.add(out, rows.number(1)))
    name = rows.spread(number)
    for j in range(MATCH):
        offset = b.sub(rows.load(b.add(first, rows.number(j))), low)
        near = b.icmp_unsigned("<=", offset, width)
        place = b.select(near, b.add(name, rows.all_lanes(j)), place)  # type: ignore[arg-type]
        count = b.select(near, b.add(count, rows.all_lanes(1)), count)  # type: ignore[arg-type]
    rows.store(place, out)
    rows.store(count, b.add(out, rows.number(1)))


seed = _row_function(3, _seed)
open_merge = _row_function(6, _open_merge)
middle1, middle2, middle3, middle4 = (_row_function(2, _middle(k)) for k in (1, 2, 3, 4))
scan = _row_function(4, _scan)
nearest = _row_function(3, _nearest)
add = _row_function(3, _add)
subtract = _row_function(3, _subtract)
match = _row_function(5, _match)
