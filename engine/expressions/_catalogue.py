"""What expressions can use beside MiniJinja's syntax, with an example each: the help that the editor shows.

Every example is evaluated by the tests and gives the result that stands beside it.
"""

from typing import Any, NamedTuple


class Entry(NamedTuple):
    """A filter, function or test. `example` is an expression without braces, `result` what it gives."""

    name: str
    group: str
    help: str
    example: str
    result: Any


TEXT, NUMBERS, LISTS, OBJECTS, DATA, TIME, TESTS = (
    "Text",
    "Numbers",
    "Lists",
    "Objects and tables",
    "Encodings",
    "Time",
    "Tests",
)
_PEOPLE = "[{'name': 'Ada', 'age': 36}, {'name': 'Bob', 'age': 20}]"
_ADA, _BOB = {"name": "Ada", "age": 36}, {"name": "Bob", "age": 20}

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        "default",
        TEXT,
        "The value, or another when it is not there; also d.",
        "inputs.nope | default('-')",
        "-",
    ),
    Entry("upper", TEXT, "In capital letters.", "'Ada' | upper", "ADA"),
    Entry("lower", TEXT, "In small letters.", "'Ada' | lower", "ada"),
    Entry("title", TEXT, "Every word with a capital.", "'grace hopper' | title", "Grace Hopper"),
    Entry("capitalize", TEXT, "The first letter as a capital, the rest small.", "'aDA' | capitalize", "Ada"),
    Entry("trim", TEXT, "Without white space at the ends.", "'  Ada ' | trim", "Ada"),
    Entry("replace", TEXT, "With one text in place of another.", "'a-b-c' | replace('-', '+')", "a+b+c"),
    Entry("split", TEXT, "The parts between separators.", "'a,b' | split(',')", ["a", "b"]),
    Entry("lines", TEXT, "The lines of a text.", "'a\\nb' | lines", ["a", "b"]),
    Entry("join", TEXT, "Items as one text with a separator.", "[1, 2] | join(' and ')", "1 and 2"),
    Entry("indent", TEXT, "Lines moved to the right, the first one not.", "'a\\nb' | indent(2)", "a\n  b"),
    Entry("repeat", TEXT, "The text so many times.", "'-' | repeat(3)", "---"),
    Entry("truncate", TEXT, "Cut at a word to a length.", "'so many words' | truncate(8)", "so many…"),
    Entry("wordwrap", TEXT, "With lines of a width.", "'so many words' | wordwrap(7)", "so many\nwords"),
    Entry(
        "format", TEXT, "Values put into a printf-style text.", "'%05.1f %s' | format(2.5, 'm')", "002.5 m"
    ),
    Entry("string", TEXT, "As text; lists and objects as JSON.", "[1, true] | string", "[1, true]"),
    Entry(
        "escape", TEXT, "With <, >, & and quotes made safe for HTML; also e.", "'<b>' | escape", "&lt;b&gt;"
    ),
    Entry("int", NUMBERS, "As a whole number; a default for what is none.", "'12' | int + 'x' | int(0)", 12),
    Entry("float", NUMBERS, "As a number; a default for what is none.", "'1.5' | float", 1.5),
    Entry("abs", NUMBERS, "Without its sign.", "-3 | abs", 3),
    Entry("round", NUMBERS, "Rounded; method is common, ceil or floor.", "2.345 | round(2)", 2.35),
    Entry("bool", NUMBERS, "True unless empty, zero, none or false.", "[] | bool", False),
    Entry("sum", NUMBERS, "The sum, of an attribute if named.", f"{_PEOPLE} | sum('age')", 56),
    Entry("average", NUMBERS, "The mean, of an attribute if named.", f"{_PEOPLE} | average('age')", 28.0),
    Entry("median", NUMBERS, "The median, of an attribute if named.", "[1, 5, 9] | median", 5),
    Entry(
        "min", NUMBERS, "The smallest, by an attribute if named.", f"{_PEOPLE} | min(attribute='age')", _BOB
    ),
    Entry("max", NUMBERS, "The largest, by an attribute if named.", "[3, 7, 5] | max", 7),
    Entry("length", LISTS, "How many items, members or characters; also count.", "[1, 2] | length", 2),
    Entry("first", LISTS, "The first item, none of an empty list.", "[1, 2] | first", 1),
    Entry("last", LISTS, "The last item, none of an empty list.", "[1, 2] | last", 2),
    Entry("list", LISTS, "A list of items, of names or of characters.", "'ab' | list", ["a", "b"]),
    Entry("reverse", LISTS, "Last to first.", "[1, 2] | reverse", [2, 1]),
    Entry(
        "sort",
        LISTS,
        "In order, by one or more attributes if named.",
        f"{_PEOPLE} | sort(attribute='age')",
        [_BOB, _ADA],
    ),
    Entry("unique", LISTS, "Without repetitions.", "[1, 2, 1] | unique", [1, 2]),
    Entry(
        "map",
        LISTS,
        "An attribute of each item, or each put through a filter.",
        f"{_PEOPLE} | map(attribute='name')",
        ["Ada", "Bob"],
    ),
    Entry("select", LISTS, "The items for which a test holds.", "[1, 2, 3] | select('odd')", [1, 3]),
    Entry(
        "reject", LISTS, "The items for which a test does not hold.", "[1, 2, 3] | reject('gt', 2)", [1, 2]
    ),
    Entry(
        "selectattr",
        LISTS,
        "The items with an attribute for which a test holds.",
        f"{_PEOPLE} | selectattr('age', '>', 30)",
        [_ADA],
    ),
    Entry(
        "rejectattr",
        LISTS,
        "The items with an attribute for which it does not.",
        f"{_PEOPLE} | rejectattr('age', '>', 30)",
        [_BOB],
    ),
    Entry("batch", LISTS, "In lists of a size.", "[1, 2, 3] | batch(2)", [[1, 2], [3]]),
    Entry("flatten", LISTS, "Lists in a list as one list.", "[[1], [2, 3]] | flatten", [1, 2, 3]),
    Entry("chain", LISTS, "Several lists, one behind the other.", "[1] | chain([2], [3])", [1, 2, 3]),
    Entry("zip", LISTS, "Lists side by side.", "[1, 2] | zip(['a', 'b'])", [[1, "a"], [2, "b"]]),
    Entry("range", LISTS, "The whole numbers from a start up to an end.", "range(1, 4)", [1, 2, 3]),
    Entry(
        "groupby",
        LISTS,
        "Pairs of an attribute's value and its items.",
        "[{'a': 1}] | groupby('a')",
        [[1, [{"a": 1}]]],
    ),
    Entry("items", OBJECTS, "The members as pairs.", "{'a': 1} | items", [["a", 1]]),
    Entry("keys", OBJECTS, "The members' names.", "{'a': 1} | keys", ["a"]),
    Entry("values", OBJECTS, "The members' values.", "{'a': 1} | values", [1]),
    Entry(
        "dictsort",
        OBJECTS,
        "The members as pairs, in order.",
        "{'b': 1, 'a': 2} | dictsort",
        [["a", 2], ["b", 1]],
    ),
    Entry(
        "dict", OBJECTS, "An object made of pairs; as a function, of names.", "[['a', 1]] | dict", {"a": 1}
    ),
    Entry(
        "combine",
        OBJECTS,
        "With the members of others added.",
        "{'a': 1} | combine({'b': 2})",
        {"a": 1, "b": 2},
    ),
    Entry(
        "pick",
        OBJECTS,
        "Only these members, of each object in a list.",
        "{'a': 1, 'b': 2} | pick('a')",
        {"a": 1},
    ),
    Entry(
        "omit",
        OBJECTS,
        "Without these members, of each object in a list.",
        "{'a': 1, 'b': 2} | omit('a')",
        {"b": 2},
    ),
    Entry(
        "tally",
        OBJECTS,
        "A row a group: count, and figures of a column.",
        "[{'a': 1}, {'a': 1}] | tally('a')",
        [{"a": 1, "count": 2}],
    ),
    Entry(
        "table",
        OBJECTS,
        "A list of objects as a Markdown table.",
        "[{'a': 1}] | table",
        "| a |\n| --- |\n| 1 |",
    ),
    Entry("csv", OBJECTS, "A list of objects as CSV text.", "[{'a': 1}] | csv", "a\r\n1\r\n"),
    Entry("tojson", DATA, "As JSON text, indented if asked for.", "{'a': none} | tojson", '{"a": null}'),
    Entry("fromjson", DATA, "What JSON text stands for.", "'[1, 2]' | fromjson", [1, 2]),
    Entry(
        "urlencode", DATA, "Made safe for a URL; an object as a query.", "'a b&c' | urlencode", "a%20b%26c"
    ),
    Entry("b64encode", DATA, "As base64.", "'Ada' | b64encode", "QWRh"),
    Entry("b64decode", DATA, "What base64 stands for.", "'QWRh' | b64decode", "Ada"),
    Entry("sha256", DATA, "The SHA-256 sum in hex.", "('Ada' | sha256)[:8]", "99a563ab"),
    Entry(
        "date", TIME, "An instant in a form of strftime.", "run.started_at | date('%d %b %Y')", "31 Jan 2030"
    ),
    Entry(
        "shift",
        TIME,
        "A later instant: days, hours, minutes, seconds.",
        "'2030-01-31' | shift(days=1)",
        "2030-02-01T00:00:00+00:00",
    ),
    Entry("defined", TESTS, "Whether something is there.", "inputs.nope is defined", False),
    Entry("undefined", TESTS, "Whether something is not there.", "inputs.nope is undefined", True),
    Entry("none", TESTS, "Whether it is none (null).", "none is none", True),
    Entry("true", TESTS, "Whether it is true itself; also false.", "1 is true", False),
    Entry("string", TESTS, "Whether it is text.", "'a' is string", True),
    Entry("number", TESTS, "Whether it is a number; also integer, float, boolean.", "1.5 is number", True),
    Entry("mapping", TESTS, "Whether it is an object; also sequence, iterable.", "{'a': 1} is mapping", True),
    Entry("odd", TESTS, "Whether it is odd; also even, divisibleby(n).", "3 is odd", True),
    Entry(
        "eq",
        TESTS,
        "Equal; also ne, lt, le, gt, ge and ==, !=, <, <=, >, >=.",
        "[1, 2] | select('ge', 2)",
        [2],
    ),
    Entry(
        "in",
        TESTS,
        "Whether it is in a list, a text or an object.",
        "['a', 'x'] | select('in', 'abc')",
        ["a"],
    ),
    Entry(
        "containing", TESTS, "Whether something is in it.", "['ab', 'c'] | select('containing', 'b')", ["ab"]
    ),
    Entry(
        "startingwith",
        TESTS,
        "Whether a text begins so; also endingwith.",
        "'Ada' is startingwith('A')",
        True,
    ),
)


def documentation() -> str:
    """Return the catalogue as Markdown, one table a group."""
    groups: dict[str, list[Entry]] = {}
    for entry in CATALOGUE:
        groups.setdefault(entry.group, []).append(entry)
    return "\n".join(_table(group, entries) for group, entries in groups.items())


def _table(group: str, entries: list[Entry]) -> str:
    rows = [f"### {group}", "", "| | | For example |", "| --- | --- | --- |"]
    for entry in entries:
        example = "`{{ " + entry.example.replace("|", "\\|") + " }}`"
        rows.append(f"| `{entry.name}` | {entry.help} | {example} |")
    return "\n".join([*rows, ""])
