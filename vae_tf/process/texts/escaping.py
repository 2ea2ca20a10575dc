r"""Text from a user, a file or a folder's name, made harmless for the place where it is shown.

HTML has its own function in the standard library, `html.escape`.
"""


def printable(text: str) -> str:
    r"""Replaces what a terminal or a picture cannot show as letters.

    Control characters (which move the cursor or rename a terminal's window), marks that reverse
    the direction of writing, and bytes of a file name that are not UTF-8 become escapes such as
    `\x1b`. Line breaks stay.

    Example:
        >>> print(printable("a\x1b[31mb"))
        a\x1b[31mb
    """
    return "".join(
        letter
        if letter.isprintable() or letter == "\n"
        else letter.encode("unicode_escape").decode()
        for letter in text
    )


def without_mathtext(text: str) -> str:
    r"""Escapes the dollar signs that Matplotlib would read as the ends of a formula.

    Example:
        >>> print(without_mathtext("a$x^$b"))
        a\$x^\$b
    """
    return printable(text).replace("$", r"\$")


def csv_cell(value: object) -> object:
    """Puts an apostrophe before text that a spreadsheet would compute as a formula.

    Args:
        value: Content of a cell; what is not text stays as it is.

    Reference:
        OWASP, "CSV Injection". https://owasp.org/www-community/attacks/CSV_Injection

    Example:
        >>> [csv_cell(value) for value in ("=1+1", "-x", -1, "x-1")]
        ["'=1+1", "'-x", -1, 'x-1']
    """
    if not isinstance(value, str):
        return value
    risky = value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return printable(f"'{value}" if risky else value)
