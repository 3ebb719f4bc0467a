"""Pickles read as data: a stack machine of the few instructions that build plain values.

Python's own reader calls what a pickle names, sets the states it asks for and reserves the memory
it claims. Here a name is a word, of which `ALLOWED` are known, an array is made from its bytes once
type, shape and length fit, and no instruction does more than its share of the file's bytes.
"""

import io
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from slth.bounded import read_bytes
from slth.data_files import LARGEST
from slth.networks.pickled_arrays import RefusedError, as_array, as_code, as_dtype, as_text

STEPS = 2**17  # instructions; a batch of CIFAR-10 has 41 000
ENCODED = 4  # bytes of all text encoded, per byte of the file


class Name(NamedTuple):
    """A name that a pickle asks for; a word only."""

    module: str
    word: str


# what a pickled array or number of numpy needs to come back; anything else is refused by name
ALLOWED = {
    Name("numpy.core.multiarray", "_reconstruct"),  # before numpy 2
    Name("numpy._core.multiarray", "_reconstruct"),
    Name("numpy.core.multiarray", "scalar"),
    Name("numpy._core.multiarray", "scalar"),
    Name("numpy.core.numeric", "_frombuffer"),  # protocol 5
    Name("numpy._core.numeric", "_frombuffer"),
    Name("numpy", "ndarray"),
    Name("numpy", "dtype"),
    Name("_codecs", "encode"),  # how Python 3 writes bytes in old protocols
    Name("__builtin__", "bytes"),  # and those of length 0
}


def read_pickle(path: str | Path) -> Any:
    """Return the dicts, lists, tuples, numbers, text, bytes and numeric arrays in a pickle.

    Nothing in it is called. Python 2 strings come back as bytes; keys are text or bytes; arrays are
    views of the file's bytes. Protocols 0 to 5. Raises FileNotFoundError, or ValueError naming the
    file: a pickle that asks for any other name (it could run code), one that is damaged, of more
    than `slth.data_files.LARGEST` bytes or `STEPS` instructions. Cost: a second, a few times the
    file's size in memory.
    """
    data = read_bytes(path, LARGEST)
    try:
        return _Machine(ENCODED * len(data)).run(data)
    except RefusedError as error:
        raise ValueError(f"{path}: {error}") from None
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to spell
        raise ValueError(
            f"{path}: not a readable pickle ({type(error).__name__}: {str(error)[:200]})"
        ) from None


class _Unfinished:
    """An array or a dtype whose state comes next. code: of the dtype. memo: places that hold it."""

    def __init__(self, code: str | None = None) -> None:
        self.code = code
        self.memo: list[int] = []


class _Machine:
    """Stack, marks and memo of one pickle; `encodable`: bytes that it may yet encode."""

    def __init__(self, encodable: int) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.encodable = encodable

    def run(self, data: bytes) -> Any:
        """Return what is on the stack at the end."""
        for step, (code, argument, _) in enumerate(pickletools.genops(io.BytesIO(data))):
            if step >= STEPS:
                raise RefusedError(f"has more than {STEPS} instructions")
            if code.name == "STOP":
                return _whole(self.stack.pop())
            if code.name in _VALUES:
                self.stack.append(_VALUES[code.name](argument))
            elif code.name in _STEPS:
                _STEPS[code.name](self, argument)
            elif code.name not in ("PROTO", "FRAME"):
                raise RefusedError(
                    f"asks for the instruction {code.name}, takes plain data and arrays only"
                )
        raise RefusedError("ends before its end")

    def since_mark(self) -> list[Any]:
        at = self.marks.pop()
        taken = self.stack[at:]
        del self.stack[at:]
        return taken

    def put(self, place: int) -> None:
        self.memo[place] = self.stack[-1]
        if isinstance(self.stack[-1], _Unfinished):
            self.stack[-1].memo.append(place)

    def tuple(self, items: list[Any]) -> None:
        self.stack.append(tuple(map(_whole, items)))

    def take(self, count: int) -> list[Any]:
        return [self.stack.pop() for _ in range(count)][::-1]

    def extend(self, items: list[Any]) -> None:
        """Append to the list below."""
        target = self.stack[-1]
        if type(target) is not list:
            raise RefusedError("appends to what is no list")
        target.extend(map(_whole, items))

    def update(self, items: list[Any]) -> None:
        """Set items of the dict below: keys are text or bytes, whose hash costs their length."""
        target = self.stack[-1]
        if type(target) is not dict or any(type(key) not in (str, bytes) for key in items[::2]):
            raise RefusedError("sets keys that are neither text nor bytes, or of what is no dict")
        target.update(zip(items[::2], map(_whole, items[1::2]), strict=True))

    def name(self, module: Any, word: Any) -> None:
        name = Name(as_text(module), as_text(word))
        if name not in ALLOWED:
            asked = f"{name.module[:100]}.{name.word[:100]}"
            raise RefusedError(f"asks for {asked}, takes plain data and arrays only")
        self.stack.append(name)

    def reduce(self) -> None:
        """What the known names make of their arguments."""
        name, arguments = self.take(2)
        if not isinstance(name, Name) or name not in ALLOWED or type(arguments) is not tuple:
            raise RefusedError(f"calls a {type(name).__name__}, takes plain data and arrays only")
        if name.word == "_reconstruct":
            kind, shape, _ = arguments
            if kind != Name("numpy", "ndarray") or shape != (0,):
                raise RefusedError("rebuilds an array otherwise than empty, takes plain arrays")
            self.stack.append(_Unfinished())
        elif name.word == "dtype":
            self.stack.append(_Unfinished(as_code(arguments[0])))
        elif name.word == "_frombuffer":
            content, dtype, shape, order = arguments
            if as_text(order) not in ("C", "F"):
                raise RefusedError("holds an array of an order other than C or F")
            self.stack.append(as_array(content, dtype, shape, as_text(order) == "F"))
        elif name.word == "scalar":
            dtype, content = arguments
            self.stack.append(as_array(content, dtype, (), False)[()])
        elif name.word == "bytes" and not arguments:
            self.stack.append(b"")
        elif name.word == "encode":
            self.stack.append(self.encode(*arguments))
        else:
            raise RefusedError(f"calls {name.module}.{name.word}, takes plain arrays only")

    def encode(self, text: Any, encoding: Any) -> bytes:
        """Text whose code points are the bytes."""
        if as_text(encoding) not in ("latin1", "latin-1"):
            raise RefusedError("encodes otherwise than to latin1, takes latin1 only")
        if type(text) is bytes:
            return text
        self.encodable -= len(text)
        if self.encodable < 0:
            raise RefusedError(f"encodes more than {ENCODED} times the bytes of the file")
        return str(text).encode("latin1")

    def build(self) -> None:
        """Finish an array or a dtype by its state."""
        made, state = self.take(2)
        if not isinstance(made, _Unfinished) or type(state) is not tuple:
            raise RefusedError(f"sets a state of a {type(made).__name__}, takes plain arrays only")
        if made.code is not None:
            value: Any = as_dtype(made.code, state)
        else:
            _, shape, dtype, fortran, content = state
            value = as_array(content, dtype, shape, bool(fortran))
        for place in made.memo:
            self.memo[place] = value
        self.stack.append(value)


def _whole(item: Any) -> Any:
    if isinstance(item, _Unfinished):
        raise RefusedError("uses an array before its state is set")
    return item


def _bytes(text: str) -> bytes:
    """Python 2's strings, which `pickletools` decodes."""
    return text.encode("latin1")


def _same(argument: Any) -> Any:
    return argument


_VALUES: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING"), _bytes),
    **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"), _same),
    **dict.fromkeys(("FLOAT", "BINFLOAT", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"), _same),
    **dict.fromkeys(("BYTEARRAY8", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE"), _same),
    "BINUNICODE8": _same,
    "NONE": lambda _: None,
    "NEWTRUE": lambda _: True,
    "NEWFALSE": lambda _: False,
    "EMPTY_LIST": lambda _: [],
    "EMPTY_TUPLE": lambda _: (),
    "EMPTY_DICT": lambda _: {},
}


def _empty_dict(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append({})
    machine.update(items)


def _list(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append([])
    machine.extend(items)


_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": lambda m, _: m.marks.append(len(m.stack)),
    "TUPLE": lambda m, _: m.tuple(m.since_mark()),
    "TUPLE1": lambda m, _: m.tuple(m.take(1)),
    "TUPLE2": lambda m, _: m.tuple(m.take(2)),
    "TUPLE3": lambda m, _: m.tuple(m.take(3)),
    "LIST": lambda m, _: _list(m),
    "APPEND": lambda m, _: m.extend(m.take(1)),
    "APPENDS": lambda m, _: m.extend(m.since_mark()),
    "DICT": lambda m, _: _empty_dict(m),
    "SETITEM": lambda m, _: m.update(m.take(2)),
    "SETITEMS": lambda m, _: m.update(m.since_mark()),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), lambda m, place: m.put(place)),
    "MEMOIZE": lambda m, _: m.put(len(m.memo)),
    **dict.fromkeys(
        ("GET", "BINGET", "LONG_BINGET"), lambda m, place: m.stack.append(_whole(m.memo[place]))
    ),
    "GLOBAL": lambda m, argument: m.name(*argument.split(" ", 1)),
    "STACK_GLOBAL": lambda m, _: m.name(*m.take(2)),
    "REDUCE": lambda m, _: m.reduce(),
    "BUILD": lambda m, _: m.build(),
}
