"""Eight float32 side by side as one value of compiled code: a register where there are such.

numba vectorises a loop over consecutive numbers, not one over rows of eight whose order is looked
up. Offsets count numbers from the start of a C-contiguous float32 array and are not checked. Sums
are taken in one order on every machine; a product and a sum may be fused. Uncompiled, the same
functions work on numpy arrays of eight.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.datamodel import models
from numba.extending import intrinsic, register_model

from slth.solvers.kernels.compiled import config

LANES = 8
GROUP = 16  # numbers compared at once by `mask16`
_FLOAT = ir.FloatType()
_WORD = ir.IntType(32)
_FUSE = ("contract",)


class _Eight(types.Type):  # type: ignore[misc]
    """numba's type of eight float32."""

    def __init__(self) -> None:
        super().__init__(name="float32x8")


EIGHT = _Eight()


@register_model(_Eight)
class _EightModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.VectorType(_FLOAT, LANES))


def _address(context: Any, builder: Any, array: Any, value: Any, at: Any, lanes: int) -> Any:
    """Pointer to ``lanes`` numbers of an array, from number ``at`` on."""
    data = context.make_array(array)(context, builder, value).data
    where = builder.gep(data, [at])
    return builder.bitcast(where, ir.VectorType(_FLOAT, lanes).as_pointer())


def _splat(builder: Any, number: Any, lanes: int) -> Any:
    vector = ir.VectorType(_FLOAT, lanes)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), number, _WORD(0))
    zeros = ir.Constant(ir.VectorType(_WORD, lanes), [0] * lanes)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


@intrinsic  # type: ignore[untyped-decorator]
def _load8(typing_context: Any, array: Any, at: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        where = _address(context, builder, array, values[0], values[1], LANES)
        return builder.load(where, align=4)

    return EIGHT(array, types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def _store8(typing_context: Any, array: Any, at: Any, eight: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        where = _address(context, builder, array, values[0], values[1], LANES)
        builder.store(values[2], where, align=4)
        return context.get_dummy_value()

    return types.void(array, types.int64, EIGHT), code


@intrinsic  # type: ignore[untyped-decorator]
def _fill8(typing_context: Any, number: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _splat(builder, values[0], LANES)

    return EIGHT(types.float32), code


@intrinsic  # type: ignore[untyped-decorator]
def _add8(typing_context: Any, a: Any, b: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.fadd(*values)

    return EIGHT(EIGHT, EIGHT), code


@intrinsic  # type: ignore[untyped-decorator]
def _sub8(typing_context: Any, a: Any, b: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.fsub(*values)

    return EIGHT(EIGHT, EIGHT), code


@intrinsic  # type: ignore[untyped-decorator]
def _fma8(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        product = builder.fmul(values[0], values[1], flags=_FUSE)
        return builder.fadd(product, values[2], flags=_FUSE)

    return EIGHT(EIGHT, EIGHT, EIGHT), code


@intrinsic  # type: ignore[untyped-decorator]
def _sum8(typing_context: Any, a: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        eight, half = values[0], LANES // 2
        while half:
            blank = ir.Constant(eight.type, ir.Undefined)
            low, high = (
                builder.shuffle_vector(
                    eight,
                    blank,
                    ir.Constant(ir.VectorType(_WORD, half), list(range(start, start + half))),
                )
                for start in (0, half)
            )
            eight, half = builder.fadd(low, high), half // 2
        return builder.extract_element(eight, _WORD(0))

    return types.float32(EIGHT), code


def _shuffled(builder: Any, a: Any, b: Any, places: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_WORD, len(places)), places))


@intrinsic  # type: ignore[untyped-decorator]
def _spread4(
    typing_context: Any, array: Any, at: Any, step: Any, a: Any, b: Any, c: Any, e: Any
) -> Any:
    """Eleven instructions for four sums: rows and columns change places while they are added."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        def half(x: Any, y: Any, low: list[int], high: list[int]) -> Any:
            return builder.fadd(_shuffled(builder, x, y, low), _shuffled(builder, x, y, high))

        pairs = [0, 8, 1, 9, 4, 12, 5, 13], [2, 10, 3, 11, 6, 14, 7, 15]
        quads = [0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]
        four = half(half(values[3], values[4], *pairs), half(values[5], values[6], *pairs), *quads)
        sums = half(four, four, [0, 1, 2, 3], [4, 5, 6, 7])
        data = context.make_array(array)(context, builder, values[0]).data
        where = values[1]
        for k in range(4):
            builder.store(builder.extract_element(sums, _WORD(k)), builder.gep(data, [where]))
            where = builder.add(where, values[2])
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, EIGHT, EIGHT, EIGHT, EIGHT), code


@intrinsic  # type: ignore[untyped-decorator]
def _mask16(typing_context: Any, array: Any, at: Any, most: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        where = _address(context, builder, array, values[0], values[1], GROUP)
        numbers = builder.load(where, align=4)
        low = builder.fcmp_ordered("<=", numbers, _splat(builder, values[2], GROUP))
        bits = builder.bitcast(low, ir.IntType(GROUP))
        return builder.zext(bits, ir.IntType(64))

    return types.int64(array, types.int64, types.float32), code


@intrinsic  # type: ignore[untyped-decorator]
def _lowest_bit(typing_context: Any, bits: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def _count_bits(typing_context: Any, bits: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return types.int64(types.int64), code


def _plain_load8(array: Any, at: int) -> Any:
    return array.reshape(-1)[at : at + LANES].copy()


def _plain_store8(array: Any, at: int, eight: Any) -> None:
    array.reshape(-1)[at : at + LANES] = eight


def _plain_fill8(number: Any) -> Any:
    return np.full(LANES, number, dtype=np.float32)


def _plain_add8(a: Any, b: Any) -> Any:
    return a + b


def _plain_sub8(a: Any, b: Any) -> Any:
    return a - b


def _plain_fma8(a: Any, b: Any, c: Any) -> Any:
    return a * b + c


def _plain_sum8(a: Any) -> Any:
    while len(a) > 1:
        a = a[: len(a) // 2] + a[len(a) // 2 :]
    return a[0]


def _plain_spread4(array: Any, at: int, step: int, *eights: Any) -> None:
    for k, eight in enumerate(eights):
        pairs = eight[[0, 1, 4, 5]] + eight[[2, 3, 6, 7]]
        quads = pairs[[0, 2]] + pairs[[1, 3]]
        array.reshape(-1)[at + k * step] = quads[0] + quads[1]


def _plain_mask16(array: Any, at: int, most: Any) -> int:
    low = array.reshape(-1)[at : at + GROUP] <= most
    return int((low.astype(np.int64) << np.arange(GROUP)).sum())


def _plain_lowest_bit(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _plain_count_bits(bits: int) -> int:
    return bits.bit_count()


_PLAIN = bool(config.DISABLE_JIT)
load8: Any = _plain_load8 if _PLAIN else _load8  # (array, offset): eight numbers
store8: Any = _plain_store8 if _PLAIN else _store8  # (array, offset, eight)
fill8: Any = _plain_fill8 if _PLAIN else _fill8  # (number): eight times the number
add8: Any = _plain_add8 if _PLAIN else _add8  # (a, b): a + b
sub8: Any = _plain_sub8 if _PLAIN else _sub8  # (a, b): a − b
fma8: Any = _plain_fma8 if _PLAIN else _fma8  # (a, b, c): a·b + c
sum8: Any = _plain_sum8 if _PLAIN else _sum8  # (a): their sum, halves first
# (array, offset, step, a, b, c, e): the sums of four, each a step behind the one before
spread4: Any = _plain_spread4 if _PLAIN else _spread4
mask16: Any = _plain_mask16 if _PLAIN else _mask16  # (array, offset, most): bit i: number i <= most
lowest_bit: Any = _plain_lowest_bit if _PLAIN else _lowest_bit  # (bits > 0): place of the lowest
count_bits: Any = _plain_count_bits if _PLAIN else _count_bits  # (bits): how many are 1
