#!/usr/bin/env python3
"""Writes the passwords that people use most, one a line, as Debian's python3-zxcvbn lists them.

Usage: common_passwords.py OUTPUT. Run by the build; the program carries the list (ASVS 2.1.7). Words shorter than
four letters stay out: a password is compared with its middle, too, and any middle would do then.
"""
import sys

from zxcvbn.frequency_lists import FREQUENCY_LISTS

LETTERS_MIN = 4


def main():
    words = sorted({word for word in FREQUENCY_LISTS["passwords"] if len(word) >= LETTERS_MIN})
    assert len(words) > 20000 and all(word == word.strip().lower() for word in words)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write("\n".join(["", *words, ""]))


if __name__ == "__main__":
    main()
