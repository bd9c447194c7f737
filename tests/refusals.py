"""What a learner reads when something is refused, in every language."""

import pytest

from helpers.messages import LANGUAGES, set_language


def refusals(error, call, *arguments, **options):
    """Call once in each language, expect `error` each time, and return the texts by language."""
    texts = {}
    for language in LANGUAGES:
        set_language(language)
        with pytest.raises(error) as caught:
            call(*arguments, **options)
        texts[language] = str(caught.value)
    set_language(LANGUAGES[0])
    assert len(set(texts.values())) == len(LANGUAGES), f"the same text in every language: {texts}"
    return texts
