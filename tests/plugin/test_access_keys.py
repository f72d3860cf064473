"""Letters to press with Alt."""

from gimp_plugin.widgets.access_keys import access_key, with_keys


def test_each_label_gets_a_letter_of_its_own() -> None:
    """The first that is free and on every keyboard; without one it stays as it is."""
    assert with_keys(["Strength", "Seed", "Öl", "Ss"], "s") == ["S_trength", "S_eed", "Ö_l", "Ss"]


def test_a_label_without_letters_gets_one_in_brackets() -> None:
    """As is the custom in Japanese."""
    assert with_keys(["強さ", "色"], "a") == ["強さ(_B)", "色(_C)"]


def test_a_label_tells_its_letter() -> None:
    """In lower case; nothing without one."""
    assert [access_key(label) for label in ("Styli_Ze", "プリセット(_P)", "Plain", "End_")] == ["z", "p", "", ""]
