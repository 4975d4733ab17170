"""Which passwords are refused, and that good ones are not."""

from __future__ import annotations

import time

import pytest

from domain.passwords import LONGEST_PASSWORD, Weakness, normalised, weakness

ADA = ("Ada Lovelace", "ada.lovelace@lindenmoor")


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("eleven sign", Weakness.SHORT),
        ("fjord " * 60, Weakness.LONG),
        *((one, Weakness.COMMON) for one in ("password1234", "aaaaaaaaaaaa", "qwertyuiop[]")),
        *((one, Weakness.COMMON) for one in ("P@$$w0rd1234", "1qaz2wsx3edc", "abcdefghijkl")),
        *((one, Weakness.COMMON) for one in ("123456789012", "letmeinletmein", "Summer2026!!")),
        *((one, Weakness.COMMON) for one in ("비밀번호비밀번호비밀번호", "password" * 9)),
        ("ada.lovelace@lindenmoor.example", Weakness.ABOUT_YOU),
        ("Lindenmoor-Frühling-27", Weakness.ABOUT_YOU),
        ("my L0velace and fjord", Weakness.ABOUT_YOU),
        ("PERENNIAL fjord umbrella", Weakness.ABOUT_YOU),
        # A full-width P is a P to whoever guesses.
        ("ｐassword1234", Weakness.COMMON),
        ("orchard lane in march", None),
        ("twelve new signs", None),
        ("v9#Lq2!xTz7Rw4", None),
        ("바람과 사과나무 아래 편지", None),
        ("夜来风雨声花落知多少呀啊", None),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, wrong: Weakness | None) -> None:
    """Whoever sprays the hundred most used ones, or knows the person, would be in."""
    assert weakness(password, ADA) == wrong


def test_one_password_has_one_form() -> None:
    """A phone and a laptop write é in two ways: the same person would be let in by one only."""
    assert normalised("cafe\u0301 au lait, merci") == normalised("café au lait, merci")


@pytest.mark.parametrize("password", ["4@8({[</369&#!1/|0$5+7%2z" * 3, "1qaz2wsx" * 30, "😀" * 60])
def test_judging_a_password_takes_a_moment(password: str) -> None:
    """The estimate took 20 seconds for signs that may stand for many letters."""
    began = time.process_time()
    weakness(password[:LONGEST_PASSWORD], ADA)
    assert time.process_time() - began < 3
