"""The one MiniJinja environment in which expressions are evaluated, and all that it can call."""

from collections.abc import Mapping
from typing import Any

from minijinja import Environment, TemplateError

from engine.errors import ExpressionError
from engine.expressions._filters import FILTERS
from engine.expressions._methods import METHODS
from engine.expressions._tests import TESTS
from engine.expressions._text import Filter
from engine.expressions._values import (
    MISSING,
    ListView,
    Misuse,
    NotThere,
    ObjectView,
    View,
    kind_of,
    look_up,
    plain,
    shown,
    text_of,
)
from engine.expressions._work import KEPT_TEXT, charge, charge_items

FUEL = 250_000
LONGEST_RANGE = 100_000


def _callable(name: str, function: Filter) -> Filter:
    """Return a function as MiniJinja calls it: views and literals in, views out, all failures of one kind."""

    def call(*args: Any, **options: Any) -> Any:
        try:
            given = [plain(arg) for arg in args]
            for value in given:
                charge(len(value) if isinstance(value, str) else 1)
            return shown(function(*given, **{key: plain(option) for key, option in options.items()}))
        except Misuse as error:
            raise ExpressionError(f"“{name}” {error}.") from error
        except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
            raise ExpressionError(f"“{name}” cannot be used like this: {error}.") from error

    return call


def numbers_from_to(*bounds: int) -> list[int]:
    """Return the whole numbers of Python's `range`."""
    numbers = range(*bounds)
    if len(numbers) > LONGEST_RANGE:
        raise Misuse(f"gives at most {LONGEST_RANGE:,} numbers")
    charge_items(len(numbers))
    return list(numbers)


class _Found:
    """What `_find` gives: `.value` is undefined to MiniJinja when a link of the path was missing."""

    def __init__(self, *value: Any) -> None:
        if value:
            self.value = value[0]


def _find(root: Any, *path: Any) -> _Found:
    """Return what stands at a path, for an expression that asks whether it is there."""
    try:
        return _Found(shown(look_up(path, plain(root))))
    except ExpressionError:
        return _Found()


def _text(value: Any) -> Any:
    """Guard an operand of `~`: values become the text that `text_of` makes of them."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else text_of(value)


def _term(value: Any) -> Any:
    """Guard an operand of `+`."""
    if isinstance(value, str):
        charge(len(value))
    return shown(plain(value)) if isinstance(value, list | tuple | dict) else value


def _factor(value: Any) -> Any:
    """Guard an operand of `*`: only numbers can be multiplied."""
    if isinstance(value, int | float):
        return value
    raise ExpressionError(
        f"Only numbers can be multiplied, not {kind_of(value)}; text is repeated by | repeat(3)."
    )


def _members(value: Any) -> Any:
    """Guard what `in` looks into; in an object it looks for names."""
    if isinstance(value, ObjectView | dict):
        return ListView(list(value))
    return _term(value)


def _part(value: Any) -> Any:
    """Guard what is cut or indexed."""
    return _term(value)


def _keep(value: Any) -> Any:
    """Guard what becomes a variable."""
    if isinstance(value, str) and len(value) > KEPT_TEXT:
        raise ExpressionError(f"A variable can hold at most {KEPT_TEXT:,} characters of text.")
    return value if isinstance(value, View) else shown(plain(value))


def _each(value: Any, text_per_turn: int) -> Any:
    """Guard what a loop runs over; the literal text that its turns write is charged at once."""
    if not isinstance(value, str | list | tuple | dict | View):
        raise ExpressionError(f"A loop needs a list, not {kind_of(value)}.")
    charge(len(value) * text_per_turn)
    kept = _keep(value)
    items = kept.raw if isinstance(kept, ListView) else ()
    if any(isinstance(item, str) and len(item) > KEPT_TEXT for item in items):
        raise ExpressionError(f"A loop can hold texts of at most {KEPT_TEXT:,} characters.")
    return kept


def _written(value: Any) -> Any:
    """Return what `{{ value }}` writes: text as it is, everything else as JSON."""
    if isinstance(value, str):
        charge(len(value))
        return NotImplemented
    return NotImplemented if isinstance(value, int) and not isinstance(value, bool) else text_of(value)


def _object(**members: Any) -> dict[str, Any]:
    return members


_FUNCTIONS: dict[str, Filter] = {"range": numbers_from_to, "dict": _object}


def _environment() -> Environment:
    environment = Environment(
        undefined_behavior="strict",
        fuel=FUEL,
        debug=False,
        pycompat=False,
        finalizer=_written,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("debug", "cycler", "joiner"):
        environment.remove_global(name)
    for name, function in _FUNCTIONS.items():
        environment.add_global(name, _callable(name, function))
    environment.add_global("_find", _find)
    for name, function in FILTERS.items():
        environment.add_filter(name, _callable(name, function))
    for name, function in METHODS.items():
        environment.add_filter(f"_{name}", _callable(name, function))
    for guard in (_text, _term, _factor, _members, _part, _keep, _each):
        environment.add_filter(guard.__name__, guard)
    for name in ("containing", "in"):
        environment.add_test(name, _callable(name, TESTS[name]))
    return environment


_ENVIRONMENT = _environment()


def evaluate(guarded: str, context: Mapping[str, Any]) -> Any:
    """Return the value of a guarded expression; MISSING when it gives nothing."""
    return _run(_ENVIRONMENT.eval_expr, f"({guarded})|default(_missing)", context)


def fill(guarded: str, context: Mapping[str, Any]) -> str:
    """Return the text of a guarded template."""
    return str(_run(_ENVIRONMENT.render_str, guarded, context))


def _run(method: Any, source: str, context: Mapping[str, Any]) -> Any:
    views = {name: shown(value, name) for name, value in context.items()}
    try:
        return method(source, _missing=MISSING, **views)
    except TemplateError as error:
        if error.kind == "UndefinedError":
            raise NotThere("A value that is used here is not there.") from error
        raise ExpressionError(_explained(error)) from error
    except RecursionError as error:
        raise ExpressionError("The expression handles data that is nested too deeply.") from error


def _explained(error: TemplateError) -> str:
    if error.kind == "OutOfFuel":
        return "The expression takes too many steps; a loop in it runs too often."
    detail = (error.detail or error.message).rstrip(".")
    return f"{detail[:1].upper()}{detail[1:]}."
