"""Format strings in any notation."""

import pytest

from perfkit.errors import UsageError
from perfkit.formats.requests.access.log_format import dialects, template_of


def test_every_notation_is_found_once():
    names = [dialect.name for dialect in dialects()]
    assert len(names) == len(set(names))
    assert {"nginx log_format", "Apache LogFormat"} <= set(names)


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ('$remote_addr [$time_local] "$request" $status', "nginx"),
        ('%h %l %u %t "%r" %>s %b', "apache"),
        ('%(h)s %(t)s "%(r)s" %(s)s %(L)s', "gunicorn"),
        (":method :url :status :response-time ms", "morgan"),
        ("""log_format main '$remote_addr:$remote_port $status';""", "nginx"),
        (r'LogFormat "%v:%p %h %>s" vhost', "apache"),
    ],
)
def test_the_string_tells_its_notation(text, notation):
    assert notation in template_of(text).title.lower()


@pytest.mark.parametrize("text", ["", "hello", "100", "$", "a b c"])
def test_what_names_no_value_is_an_error(text):
    with pytest.raises(UsageError, match="no part of it is a value") as error:
        template_of(text)
    assert "log_format=" in error.value.hint


def test_secrets_in_a_long_string_are_not_repeated_whole():
    with pytest.raises(UsageError) as error:
        template_of("x" * 5000)
    assert len(str(error.value)) < 500
