"""The text of a file as UTF-8, where its encoding is stated or unmistakable."""

import codecs
from pathlib import Path

from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import phrase
from quantsig.data.tables.columns import ALIASES

UTF8_MARK = codecs.BOM_UTF8
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CHINESE = "gb18030"  # GBK and GB2312 are parts of it
CHINESE_WORDS = (
    *(name for names in ALIASES.values() for name in names if not name.isascii()),
    "复权",
    "日线",
    "股票",
    "数据来源",
)


def encoding_of(top: bytes, stated: str | None, *, path: Path) -> str | None:
    """The encoding of a text that begins so; None where it is UTF-8, as far as can be seen.

    Args:
        top: its first bytes.
        stated: the encoding that the user names.
        path: of the file, for errors.

    Raises:
        ConfigError: the encoding stated is unknown.
    """
    if top.startswith(UTF16_MARKS):
        return "utf-16"
    if stated is not None:
        return _known(stated, path)
    if _reads(top, "utf-8"):
        return None
    if _reads(top, CHINESE):
        text = codecs.getincrementaldecoder(CHINESE)().decode(top)
        if any(word in text for word in CHINESE_WORDS):
            return CHINESE
    return None


def as_utf8(content: bytes, encoding: str, *, path: Path) -> bytes:
    """Text of another encoding as UTF-8.

    Raises:
        DataError: it is not of that encoding.
    """
    try:
        return content.decode(encoding).encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        row = 1 + content.count(b"\n", 0, error.start)
        raise DataError(
            phrase(
                "the text is not {encoding}: byte 0x{byte:02x}.",
                encoding=encoding,
                byte=content[error.start],
            )
            if isinstance(error, UnicodeDecodeError)
            else phrase("the text is not {encoding}.", encoding=encoding),
            where=phrase("{path}, row {row}", path=path, row=row),
            remedy="Save the file as UTF-8, or name its encoding, such as gb18030 or cp1252: "
            "[bars] encoding in quantsig.toml.",
        ) from error


def _known(stated: str, path: Path) -> str | None:
    try:
        name = codecs.lookup(stated).name
    except LookupError as error:
        raise ConfigError(
            phrase('unknown encoding "{stated}".', stated=stated),
            where=f"bars.encoding, for {path}",
            remedy="Use a name such as utf-8, gb18030, utf-16 or cp1252.",
        ) from error
    return None if name == "utf-8" else name


def _reads(top: bytes, encoding: str) -> bool:
    """Whether bytes, the last character of which may be cut, are of the encoding."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(top)
    except UnicodeDecodeError:
        return False
    return True
