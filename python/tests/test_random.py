"""The lab's random numbers; the values are core.test.ts's and the fixtures'."""

from bootlace.random import bits_at, bits_of, derive_key, shuffled, uniform_at, uniforms_of


def test_many_at_once_are_the_single_ones() -> None:
    key = derive_key(7, "many", 2**40 + 3)
    assert [int(word) for word in bits_of(key, 50, start=11)] == [bits_at(key, c) for c in range(11, 61)]
    assert list(uniforms_of(key, 9)) == [uniform_at(key, c) for c in range(9)]


def test_a_shuffle_keeps_everything_and_leaves_the_given_alone() -> None:
    given = list(range(100))
    assert sorted(shuffled(given, 3)) == given == list(range(100))
    assert shuffled(given, 3) != given
