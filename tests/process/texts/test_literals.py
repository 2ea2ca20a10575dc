import pytest

from vae_tf.process.errors import UserError
from vae_tf.process.texts.literals import Call, read


def test_values_and_calls():
    assert read(" [[64, 4, 2], (256,)] ") == [[64, 4, 2], (256,)]
    assert read("-1e-3") == -1e-3 and read("'a'") == "a"
    assert read("f(1, g(2, a=3), b=None)") == Call("f", [1, Call("g", [2], {"a": 3})], {"b": None})


@pytest.mark.parametrize(
    "text",
    [
        "", "a b", "name", "f.g(1)", "f(x)", "f(*[1])", "f(**{})", "10**9", "{[1]: 2}", "{{1}}",
        "__import__('os').system('true')", "[x for x in [1]]", "\udcff", "a\0b",
        "(" * 5_000, "[" * 4_999 + "]" * 4_999, "-" * 9_999 + "1", "f(" * 3_000 + ")" * 3_000,
        "1" * 5_000,
    ],
)  # fmt: skip
def test_all_else_is_refused_without_being_evaluated(text):
    with pytest.raises(ValueError, match="neither a literal nor a call"):
        read(text)


def test_long_texts_and_repeated_arguments():
    with pytest.raises(UserError, match="10,000 characters. Received: 10,001"):
        read("1" * 10_001)
    with pytest.raises(UserError, match="`a` of g.* is set twice"):
        read("f(g(a=1, a=2))")
