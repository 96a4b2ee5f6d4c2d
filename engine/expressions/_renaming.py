"""Other names for the nodes in an expression: text surgery that leaves everything else as it was."""

import re
from collections.abc import Callable

_STRING = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_TAG = re.compile(
    rf"\{{\#.*?\#\}}|\{{%-?\s*raw\s*-?%\}}.*?\{{%-?\s*endraw\s*-?%\}}"
    rf"|\{{\{{(?:{_STRING}|(?!\}}\}}).)*\}}\}}|\{{%(?:{_STRING}|(?!%\}}).)*%\}}",
    re.DOTALL,
)
"""A comment, a raw block (both left alone), a `{{ … }}` or a `{% … %}`; a brace in a string ends nothing."""

_REFERENCE = re.compile(
    rf"(?<![\w.])(?P<open>nodes\s*\[\s*(?P<quote>['\"]))(?P<key>[^'\"\\]*)(?P=quote)"
    rf"|(?P<string>{_STRING})"
    rf"|(?<![\w.])(?P<dot>nodes\s*\.\s*)(?P<name>\w+)"
)


def with_names(text: str, rename: Callable[[str], str]) -> str:
    """Return `text` with each node that its expressions name called what `rename` says.

    Only whole names after a `nodes` that is itself no attribute are renamed: not `inputs.nodes.old`, not what
    stands in a string, a comment or outside of an expression.
    """
    if "nodes" not in text:
        return text

    def rewritten(match: re.Match[str]) -> str:
        if match["string"] is not None:
            return match["string"]
        if match["dot"] is not None:
            return f"{match['dot']}{rename(match['name'])}"
        return f"{match['open']}{rename(match['key'])}{match['quote']}"

    def in_tag(match: re.Match[str]) -> str:
        tag = match[0]
        literal = tag.startswith("{#") or re.match(r"\{%-?\s*raw\b", tag)
        return tag if literal else _REFERENCE.sub(rewritten, tag)

    return _TAG.sub(in_tag, text)
