RULE = "rate-limited"


def limited(told, *, wait, header=None, every=5, status=429):
    def write(trace, n):
        if n % every == 0:
            trace.http("http://crm/api", 9.0, status=status, error=str(status))
            if header:
                trace.rows[-1]["attributes"] = told(
                    **{"http__response__header__retry-after": header}
                )
            trace.wait(wait)
        trace.http("http://crm/api", 30.0)

    return write


def test_a_peer_that_rejects_many_calls_is_told(found, several, told):
    (one,) = found(RULE, several(limited(told, wait=2000), 50))
    assert "crm turns away 10 of 60 calls, 16.7 %" in one.title
    assert one.saves_ms == 9.0
    assert "sooner" not in one.title


def test_coming_again_before_the_time_is_told(found, several, told):
    (one,) = found(RULE, several(limited(told, wait=100, header="2", status=503), 20))
    assert "4 calls to crm are sent again sooner than its Retry-After says" in one.title


def test_who_waits_as_long_as_asked_is_fine(found, several, told):
    assert not found(RULE, several(limited(told, wait=2500, header="2", status=503), 20))


def test_a_few_rejections_are_fine(found, several, told):
    assert not found(RULE, several(limited(told, wait=0, every=30), 60))


def test_a_date_in_the_header_is_not_read(found, several, told):
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    assert not found(RULE, several(limited(told, wait=0, header=date, status=503), 20))
