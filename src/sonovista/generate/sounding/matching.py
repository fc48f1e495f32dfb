"""Which of some named things the user's words mean: plain word matching, the same for synthesisers and for files."""

import difflib
import re
from collections.abc import Mapping, Sequence

_IRREGULAR = {
    "leaves": "leaf",
    "flies": "fly",
    "people": "people",
    "geese": "goose",
    "children": "child",
    "mice": "mouse",
}
_EMPTY = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "in",
        "into",
        "of",
        "on",
        "or",
        "over",
        "the",
        "to",
        "with",
        "sound",
        "noise",
        "sounds",
        "ambience",
        "ambient",
    ]
)


def stem_words(text: str) -> list[str]:
    """Words of `text`, lower case and singular, without articles and the like: `"The TallTrees2"` -> tall, tree."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)  # camelCase in file names
    words = re.findall(r"[a-zäöüßéèàçñ]+", spaced.lower())
    return [_stem(word) for word in words if word not in _EMPTY]


def _stem(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def match(words: str, candidates: Mapping[str, Sequence[str]]) -> tuple[str, float] | None:
    """The candidate whose phrases fit `words` best.

    Args:
        words: as the user or the ontology says it ("a small brook").
        candidates: for each key, the phrases that mean it.

    Returns:
        The key and a score: 1 for the same words, less for a phrase among other words (longer phrases and words nearer
        the end, where English has its noun, win), least for a misspelling; None where nothing fits.
    """
    asked = stem_words(words)
    if not asked:
        return None
    best: tuple[str, float] | None = None
    for key, phrases in candidates.items():
        for phrase in phrases:
            score = _phrase_score(asked, stem_words(phrase))
            if score > 0 and (best is None or score > best[1]):
                best = (key, score)
    return best


def _phrase_score(asked: list[str], phrase: list[str]) -> float:
    if not phrase:
        return 0.0
    if asked == phrase:
        return 1.0
    length = len(phrase)
    for start in range(len(asked) - length, -1, -1):
        if asked[start : start + length] == phrase:
            return 0.6 + 0.3 * length / len(asked) + 0.05 * (start + length) / len(asked)
    if length == 1 and len(phrase[0]) > 4:
        ratio = max(difflib.SequenceMatcher(None, word, phrase[0]).ratio() for word in asked)
        if ratio > 0.82:
            return 0.5 * ratio
    return 0.0
