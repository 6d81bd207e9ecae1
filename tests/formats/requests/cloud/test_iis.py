from perfkit.formats.requests.cloud.iis import FORMAT


def test_times_are_milliseconds_and_end_the_request(written, rows):
    first, second = rows(FORMAT, *written("iis.log").splitlines())
    assert (first["duration_ms"], second["duration_ms"]) == (46.0, 30_012.0)
    assert (first["path"], second["path"]) == ("/orders?page=2", "/orders")
    assert (first["status"], second["status"]) == (200, 500)
    assert (first["client"], second["client"]) == ("192.0.2.7", "2001:db8::7")
    assert f"{first['started_at']:%H:%M:%S.%f}" == "10:00:00.954000"


def test_sizes_and_hosts_are_read_where_they_are_logged(rows):
    (row,) = rows(
        FORMAT,
        "#Fields: date time cs-method cs-uri-stem sc-status sc-bytes cs-host time-taken",
        "2026-11-21 10:00:01 GET / 200 512 shop.test 7",
    )
    assert (row["response_bytes"], row["service"], row["duration_ms"]) == (512, "shop.test", 7.0)


def test_cloudfronts_columns_are_not_recognised(written):
    assert FORMAT.recognises(written("iis.log")).confidence > 0.9
    assert FORMAT.recognises(written("cloudfront.log")).confidence == 0
