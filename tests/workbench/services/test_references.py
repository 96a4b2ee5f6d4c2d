"""Renaming inside expressions: the references change, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.services.references import rename_in_text, rename_in_value


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{{ nodes.old.output }}", "{{ nodes.new.output }}"),
        ("{{nodes.old}}{{nodes.old}}", "{{nodes.new}}{{nodes.new}}"),
        ("{{ nodes['old'].output }}", "{{ nodes['new'].output }}"),
        ('{{ nodes[ "old" ].output }}', '{{ nodes[ "new" ].output }}'),
        ("{{ nodes . old . output }}", "{{ nodes . new . output }}"),
        ("{% if nodes.old.output %}a{% endif %}", "{% if nodes.new.output %}a{% endif %}"),
        ("{{ f(nodes.old, nodes.other) }}", "{{ f(nodes.new, nodes.other) }}"),
        ("{{ '}}' ~ nodes.old.output }}", "{{ '}}' ~ nodes.new.output }}"),
        ("{{ 'it\\'s nodes.old' ~ nodes.old }}", "{{ 'it\\'s nodes.old' ~ nodes.new }}"),
    ],
)
def test_references_are_renamed(before: str, after: str) -> None:
    assert rename_in_text(before, "old", "new") == after


@pytest.mark.parametrize(
    "text",
    [
        "nodes.old",
        "{{ nodes.older }}",
        "{{ nodes.old_2 }}",
        "{{ inputs.nodes.old }}",
        "{{ my_nodes.old }}",
        "{{ 'nodes.old' }}",
        "{{ old }}",
        "{{ nodes.other.old }}",
        "{{ nodes['older'] }}",
        "{# nodes.old #}",
        "{% raw %}{{ nodes.old }}{% endraw %}",
        "{{ nodes.old",
        "",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert rename_in_text(text, "old", "new") == text


def test_values_are_searched_to_the_bottom_and_keys_stay() -> None:
    value = {"{{ nodes.old }}": [1, None, {"deep": "{{ nodes.old }}"}]}
    assert rename_in_value(value, "old", "new") == {"{{ nodes.old }}": [1, None, {"deep": "{{ nodes.new }}"}]}


@given(st.text(alphabet="{}%#nodes.ol['\"] \\", max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    renamed = rename_in_text(text, "old", "brand_new")
    assert rename_in_text(renamed, "brand_new", "old") == text
