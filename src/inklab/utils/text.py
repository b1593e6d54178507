"""Text of the input in messages: short, in one line, and without control characters."""

MAX_QUOTED = 100  # characters


def quoted(text: str) -> str:
    r"""Return at most `MAX_QUOTED` characters of a text, escaped if it is empty or not printable.

    A longer text keeps its start and its end, where a path has the name of the file.

    >>> quoted("scans/7.png"), quoted("7\n.png")
    ('scans/7.png', "'7\\n.png'")
    >>> quoted("scans/" + 200 * "very-" + "long.png")
    'scans/very-very-very-very-very-very-very-very-ve...ery-very-very-very-very-very-very-very-long.png'
    """
    if len(text) > 2 * MAX_QUOTED:  # before the text is escaped, which takes up to ten times its memory
        text = text[:MAX_QUOTED] + text[-MAX_QUOTED:]
    line = text if text and text.isprintable() else repr(text)
    half = (MAX_QUOTED - len("...")) // 2
    return line if len(line) <= MAX_QUOTED else f"{line[:half]}...{line[-half:]}"
