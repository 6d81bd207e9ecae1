from dataclasses import replace

import pytest

from perfkit.probes.server import Server
from perfkit.tasks.proofs import Question
from perfkit.tasks.proofs.attempt import Allowed, attempt

PLAIN = Server(version="18.1", number=180001, standby=False, database="d", local=True, lab=False)


@pytest.fixture
def allowed(lab_engine):
    return Allowed(
        engine=lab_engine, methods=None, expendable=False, sample=False, timeout_s=20.0,
        updates=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("server", "options", "methods"),
    [
        (PLAIN, {}, {"hypopg"}),
        (PLAIN, {"sample": True}, {"hypopg", "sample"}),
        (PLAIN, {"expendable": True}, {"hypopg", "sample", "built"}),
        (replace(PLAIN, lab=True), {}, {"hypopg", "sample", "built"}),
        (replace(PLAIN, standby=True), {"expendable": True, "sample": True}, {"hypopg"}),
        (replace(PLAIN, local=False), {}, {"hypopg"}),
    ],
)
def test_what_is_allowed_depends_on_the_server_and_on_what_was_said(
    allowed, server, options, methods
):
    rights = replace(allowed, **options)
    may = {m for m in ("hypopg", "sample", "built") if not rights.refusal(server, m)}
    assert may == methods


def test_the_foreign_key_column_is_told(allowed, search, index_on):
    question = Question(statement=search)
    for columns, foreign in ((["user_id", "status"], True), (["status", "user_id"], False)):
        proof = attempt(allowed, question, index_on(*columns), "built")
        assert proof.foreign_key is foreign
