"""Whoever reads Chinese reads all of it: no sentence without its translation, no translation without its sentence.

A catalog that may lag behind always does, and a half-translated page is worse than one in the other language.
"""

import re
from collections import defaultdict

from tests.house.messages import marked, translated
from tests.house.source import verdict

# Rooms whose sentences all others share: the grammar of pages and the words of errors.
SHARED = {"kernel", "infra", "web"}
BRACES = re.compile(r"\{\w+\}|%\(\w+\)s")


def test_every_sentence_has_its_chinese_in_its_own_room() -> None:
    known = defaultdict(set)
    for entry in translated():
        known[entry.room].add(entry.msgid)
    shared = set().union(*(known[room] for room in SHARED))
    offences = {
        f"{sentence.where}: {sentence.msgid!r}"
        for sentence in marked()
        if sentence.msgid not in known[sentence.room] and sentence.msgid not in shared
    }
    verdict(sorted(offences), "Add the Chinese sentence to locale/zh.po of the room.")


def test_no_translation_is_empty_fuzzy_or_obsolete() -> None:
    offences = [
        f"{entry.where}: {entry.msgid!r}"
        for entry in translated()
        if entry.fuzzy or not entry.forms or not all(form.strip() for form in entry.forms)
    ]
    verdict(offences, "Write the sentence, or delete the entry.")


def test_no_translation_is_left_of_a_sentence_that_is_gone() -> None:
    used = defaultdict(set)
    for sentence in marked():
        used[sentence.room].add(sentence.msgid)
    everywhere = set().union(*used.values()) if used else set()
    offences = [
        f"{entry.where}: {entry.msgid!r}"
        for entry in translated()
        if entry.msgid not in (everywhere if entry.room in SHARED else used[entry.room])
    ]
    verdict(offences, "Delete the entry.")


def test_a_translation_keeps_the_braces_of_its_sentence() -> None:
    # `{repo}` mistyped in Chinese is shown to people as `{repo}`.
    offences = [
        f"{entry.where}: {form!r}"
        for entry in translated()
        for form in entry.forms
        if set(BRACES.findall(form)) != set(BRACES.findall(entry.msgid)) and len(entry.forms) == 1
    ]
    verdict(offences, "The same names in braces, in any order.")


def test_one_sentence_has_one_translation() -> None:
    # The catalogs are merged at start: of two translations one would win by accident.
    forms = defaultdict(set)
    for entry in translated():
        forms[entry.msgid].add(entry.forms)
    offences = [f"{msgid!r}: {sorted(found)}" for msgid, found in forms.items() if len(found) > 1]
    verdict(offences, "Choose one of them.")


def test_chinese_is_chinese() -> None:
    offences = [
        f"{entry.where}: {form!r}"
        for entry in translated()
        for form in entry.forms
        if form == entry.msgid and re.search(r"[a-z]+ [a-z]+ [a-z]+", form)
    ]
    verdict(offences, "This is the English sentence again.")
