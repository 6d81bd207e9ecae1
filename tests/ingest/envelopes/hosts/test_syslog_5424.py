"""RFC 5424: the examples of its section 6.5."""

from __future__ import annotations

LINES = (
    b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - "
    b"\xef\xbb\xbf'su root' failed\n"
    b"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make\n"
    b"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "
    b'[exampleSDID@32473 iut="3" eventSource="Appl\\"ication"] \xef\xbb\xbfAn application event\n'
    b'<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [a@1 iut="3"][b@1]\n'
)


def test_the_examples_of_the_standard_are_read(take):
    taken = take(LINES)
    assert taken.streams == {
        "mymachine.example.com/su": [b"'su root' failed"],
        "192.0.2.1/myproc": [b"%% It's time to make"],
        "mymachine.example.com/evntslog": [b"An application event", b""],
    }
    assert taken.process["192.0.2.1/myproc"] == [8710]
    assert taken.at["192.0.2.1/myproc"] == [1_061_727_255_000_003_000]
    assert taken.rejected_lines == 0


def test_a_blank_behind_the_mark_is_the_messages_own_and_a_second_one_before_it_is_rsyslogs(take):
    header = b"<13>1 2026-11-21T11:00:00.000001+00:00 h1 app 7 - "
    lines = [b"- \xef\xbb\xbf \n", b'[a@1 b="c"] \xef\xbb\xbf  two\n', b"-  one\n", b"-  \n"]
    assert take(b"".join(header + line for line in lines)).only == [b" ", b"  two", b"one", b""]
