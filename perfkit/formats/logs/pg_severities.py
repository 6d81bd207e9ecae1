"""Severities of servers whose ``lc_messages`` is not English, as their catalogues have them.

Only what stands before a message is translated here: without the severities such a log would
not be recognised. Its messages are not read (``set lc_messages = 'C'``), except for errors.
Source: the message catalogues that PostgreSQL 15 installs (``postgres-15.mo``).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["FOREIGN", "in_english"]

# German, Spanish, French, Italian, Swedish.
_LATIN = {
    "LOG": "LOGG",
    "ERROR": "FEHLER ERREUR ERRORE FEL",
    "FATAL": "FATALE FATALT",
    "PANIC": "PANIK PANICO",
    "WARNING": "WARNUNG ATTENTION ATTENZIONE VARNING",
    "NOTICE": "HINWEIS NOTIFICA NOTIS",
    "DETAIL": "DÉTAIL DETALLE DETTAGLI DETALJ",
    "HINT": "TIPP ASTUCE SUGGERIMENTO TIPS",
    "QUERY": "ANFRAGE CONSULTA REQUÊTE FRÅGA",
    "CONTEXT": "ZUSAMMENHANG CONTEXTO CONTEXTE CONTESTO KONTEXT",
    "STATEMENT": "ANWEISUNG SENTENCIA INSTRUCTION ISTRUZIONE SATS",
    "LOCATION": "ORT UBICACIÓN EMPLACEMENT POSIZIONE PLATS",
}
# Russian, Ukrainian, Georgian, Korean, Chinese, Japanese.
_OTHERS = {
    "LOG": "СООБЩЕНИЕ ЗАПИСУВАННЯ ჟურნალი 로그 日志",
    "ERROR": "ОШИБКА ПОМИЛКА შეცდომა 오류 错误",
    "FATAL": "ВАЖНО ФАТАЛЬНО ფატალური 치명적오류 致命错误",
    "PANIC": "ПАНИКА ПАНІКА პანიკა 손상 比致命错误还过分的错误",
    "WARNING": "ПРЕДУПРЕЖДЕНИЕ ПОПЕРЕДЖЕННЯ გაფრთხილება 경고 警告",
    "NOTICE": "ЗАМЕЧАНИЕ ПОВІДОМЛЕННЯ 알림 注意",
    "INFO": "ИНФОРМАЦИЯ ІНФОРМАЦІЯ ინფორმაცია 정보 信息",
    "DEBUG": "ОТЛАДКА НАЛАГОДЖЕННЯ გამართვა 디버그 调试",
    "DETAIL": "ПОДРОБНОСТИ ВІДОМОСТІ დეტალები 상세정보 详细信息 詳細",
    "HINT": "ПОДСКАЗКА УКАЗІВКА მინიშნება 힌트 提示 ヒント",  # noqa: RUF001 - Cyrillic
    "QUERY": "ЗАПРОС ЗАПИТ მოთხოვნა 쿼리 查询 問い合わせ",
    "CONTEXT": "КОНТЕКСТ კონტექსტი 내용 上下文 文脈",  # noqa: RUF001 - Cyrillic
    "STATEMENT": "ОПЕРАТОР ІНСТРУКЦІЯ ოპერატორი 语句 文",
    "LOCATION": "ПОЛОЖЕНИЕ РОЗТАШУВАННЯ 位置 場所",
}
#: A severity in another language -> PostgreSQL's own.
FOREIGN = {
    word: name for words in (_LATIN, _OTHERS) for name in words for word in words[name].split()
}


def in_english(severities: pa.Array) -> pa.Array:
    """Return severities with those of other languages replaced; null stays null."""
    place = pc.index_in(severities, pa.array(list(FOREIGN)))
    return pc.coalesce(pa.array(list(FOREIGN.values())).take(place), severities)
