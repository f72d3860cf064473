"""Letters to press with Alt."""

from gimp_plugin.widgets.access_keys import access_key, with_keys


def test_each_label_gets_its_own_access_key() -> None:
    """The first free letter that every keyboard has; a label without one does not change."""
    assert with_keys(["Strength", "Seed", "Öl", "Ss"], "s") == ["S_trength", "S_eed", "Ö_l", "Ss"]


def test_a_label_without_latin_letters_gets_one_in_brackets() -> None:
    """As usual in Japanese."""
    assert with_keys(["強さ", "色"], "a") == ["強さ(_B)", "色(_C)"]


def test_the_access_key_of_a_label_is_found() -> None:
    """In lower case; empty if there is none."""
    assert [access_key(label) for label in ("Styli_Ze", "プリセット(_P)", "Plain", "End_")] == ["z", "p", "", ""]
